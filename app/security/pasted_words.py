"""The words by which a pasted secret is told from a word about it; see `pasted.py`.

Plain data, lower-case and without accents.
"""

from collections.abc import Mapping
from typing import Final

from app.core.language import Language

PASSWORD_NAMES: Final[Mapping[Language, str]] = {
    "pt-BR": "senhas senha senia snh contrasenha palavra-passe",
    "en": "passwords password passwd passphrase passcode pword pwd pw pass",
}
CODE_NAMES: Final[Mapping[Language, tuple[str, ...]]] = {
    "pt-BR": (
        *("pin", "token", "cvv", "resposta secreta", "frase secreta", "palavra secreta"),
        *("codigo de verificacao", "codigo de seguranca", "codigo de confirmacao"),
        *("codigo de autenticacao", "codigo de recuperacao", "codigo de acesso"),
        *("codigo do autenticador", "codigo do aplicativo", "codigo do sms", "codigo sms"),
        *("codigo que recebi", "codigo que chegou", "meu codigo", "codigos de recuperacao"),
    ),
    "en": (
        *("otp", "totp", "cvc", "secret answer", "security answer", "recovery phrase"),
        *("verification code", "security code", "confirmation code", "authentication code"),
        *("recovery code", "recovery codes", "backup code", "access code", "login code"),
        *("sms code", "one-time code", "one time code", "code i got", "code i received"),
    ),
}
"""What is named before a secret."""

MINE: Final = "minha my"

QUALIFIERS: Final = """
    do da de dos das no na meu minha atual antiga nova velha que eu uso usava usei tenho criei
    acesso painel email e-mail ftp cpanel site conta login sistema cliente wifi wi-fi wordpress
    hospedagem dominio servidor banco admin usuario
    for of the my current old new account panel server i use used set
"""
"""May stand between the name and the secret: "a senha do painel que eu uso é …"."""

IS: Final = "e eh era seria ficou is was"

PLAIN: Final = """
    a o as os um uma e ou mas que se de do da dos das em no na nos nas por para pra com sem ao aos
    nao nunca jamais ja ainda sim so nem mais muito muita bem mal tambem agora hoje ontem amanha
    aqui ali la isso isto ela ele elas eles eu voce voces me meu minha seu sua nosso nossa esta este
    essa esse aquela qual quais quando como onde quem porque ate desde entre sobre depois antes
    foi foram sera esta estava estao sao era ser estar tem tinha ter ha continua parou deixou
    expirou venceu vence vale valia funciona funcionava funcionou mudou mudei troquei trocada
    trocar troca alterar alterada redefinir redefinida esqueci esquecida perdi perdida desativada
    bloqueada removida recusada invalida valida incorreta correta errada certa fraca forte antiga
    nova velha curta longa simples facil dificil boa ruim igual mesma diferente segura pessoal
    secreta obrigatoria necessaria padrao provisoria temporaria unica so preciso precisa quero
    queria gostaria pode poderia consigo consegui tentei digitei digo digito acho sei lembro
    recebi recebo veio chegou deu da favor obrigado obrigada ola oi bom boa dia tarde noite
    problema duvida ajuda erro
    an the and or but if of in on at to for with without from by as it its this that these those
    not no never yes yet still already now today yesterday here there what which when where who how
    why i you he she we they me my your our their is was are were be been has have had do does did
    will would can could should may might must works worked working stopped expired changed reset
    forgot forgotten lost disabled blocked removed refused invalid valid incorrect correct wrong
    right weak strong old new short long simple easy hard good bad same different safe secure
    private secret required needed default temporary unique very too so just only please thanks
    hello hi problem question help error leaked compromised stolen unknown gone
"""
"""Said about a password; a password itself only by bad luck, and then its owner's hash tells."""
