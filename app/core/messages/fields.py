"""The catalogue of field errors: one code, one sentence in each language."""

from collections.abc import Mapping
from typing import Final

from app.core.language import Language


def _both(pt: str, en: str) -> Mapping[Language, str]:
    return {"pt-BR": pt, "en": en}


FIELDS: Final[Mapping[str, Mapping[Language, str]]] = {
    # Presence and type.
    "missing": _both("Obrigatório.", "Required."),
    "unknown_member": _both("Há aqui um campo não aceito.", "A member here is not accepted."),
    "unknown_parameter": _both("Há um parâmetro não aceito.", "A parameter is not accepted."),
    "not_writable": _both("Este campo não pode ser alterado.", "This field cannot be changed."),
    "invalid_type": _both("O tipo do valor não é o esperado.", "The value is not of its type."),
    "invalid_value": _both("Valor não aceito.", "Value not accepted."),
    "not_one_of": _both("Use um destes: {allowed}.", "Use one of these: {allowed}."),
    # Text.
    "text_empty": _both("Não pode ficar em branco.", "Must not be blank."),
    "text_too_short": _both("Use ao menos {min} caracteres.", "Use at least {min} characters."),
    "text_too_long": _both("Use no máximo {max} caracteres.", "Use at most {max} characters."),
    "text_pattern": _both("O formato não é o esperado.", "The format is not the expected one."),
    "text_control_characters": _both(
        "Contém caracteres de controle. Digite de novo.",
        "Contains control characters. Type it again.",
    ),
    "text_not_unicode": _both(
        "Contém caracteres que não existem em Unicode. Digite de novo.",
        "Contains characters that do not exist in Unicode. Type it again.",
    ),
    "text_with_link": _both(
        "Escreva sem endereços da internet ou de e-mail.",
        "Write it without web or e-mail addresses.",
    ),
    # Numbers.
    "invalid_integer": _both("Use um número inteiro.", "Use a whole number."),
    "invalid_number": _both("Use um número.", "Use a number."),
    "invalid_boolean": _both("Use true ou false.", "Use true or false."),
    "number_too_small": _both("Use no mínimo {min}.", "Use {min} or more."),
    "number_too_large": _both("Use no máximo {max}.", "Use {max} or less."),
    "number_not_above": _both("Use mais que {bound}.", "Use more than {bound}."),
    "number_not_below": _both("Use menos que {bound}.", "Use less than {bound}."),
    "number_out_of_range": _both("Use de {min} a {max}.", "Use {min} to {max}."),
    "number_not_multiple": _both("Use um múltiplo de {step}.", "Use a multiple of {step}."),
    "number_too_precise": _both("Use menos dígitos.", "Use fewer digits."),
    # Members that belong together.
    "either_or": _both(
        "Informe permissions ou set: um dos dois.", "Give permissions or set: one of the two."
    ),
    "reason_when_closed": _both(
        "Informe o motivo ao encerrar, e só então.",
        "Give the reason when closing, and only then.",
    ),
    # Lists.
    "list_too_short": _both("Informe ao menos {min}.", "Give at least {min}."),
    "list_too_long": _both("Informe no máximo {max}.", "Give at most {max}."),
    "basis_not_for_kind": _both(
        "Esta base legal não sustenta um pedido deste tipo ({article}).",
        "This legal basis carries no request of this kind ({article}).",
    ),
    "office_not_for_basis": _both(
        "Quem assina neste cargo não pode invocar esta base legal ({article}).",
        "Whoever signs in this office cannot invoke this legal basis ({article}).",
    ),
    "office_not_yours": _both(
        "O signatário é você, e este não é o cargo que conferimos com o seu órgão.",
        "The signer is you, and this is not the office that we confirmed with your agency.",
    ),
    "needed_for_basis": _both(
        "Esta base legal pede este dado ({article}).",
        "This legal basis wants this ({article}).",
    ),
    "document_empty": _both("O arquivo está vazio.", "The file is empty."),
    "needed_for_signature": _both(
        "Diga de qual ordem é esta assinatura, pelo id do documento.",
        "Say which order this signature is of, by the document's id.",
    ),
    "only_for_signature": _both(
        "Só uma assinatura separada se refere a uma ordem.",
        "Only a detached signature refers to an order.",
    ),
    "unknown_order": _both(
        "Este pedido não tem ordem com este id.", "This request has no order with this id."
    ),
    "target_generic": _both(
        "Identifique a pessoa por ao menos dois dados: pedidos genéricos ou coletivos são"
        " recusados ({article}).",
        "Identify the person by two data at least: generic and collective requests are refused"
        " ({article}).",
    ),
    "period_needed": _both(
        "Registros e comunicações se pedem por período, com início e fim.",
        "Records and communications are asked for by period, with its start and end.",
    ),
    "period_too_long": _both("No máximo {days} dias.", "At most {days} days."),
    "unknown_zone": _both(
        "Diga o fuso do período pelo nome IANA, por exemplo America/Sao_Paulo.",
        "Give the period's zone by its IANA name, for instance America/Sao_Paulo.",
    ),
    "invalid_report_period": _both(
        "Use um ano como 2026, ou um semestre como 2026-H1.",
        "Use a year such as 2026, or a half of one such as 2026-H1.",
    ),
    "report_not_published": _both(
        "Este relatório só pode sair em {settles}.", "This report cannot come before {settles}."
    ),
    "unknown_colleague": _both(
        "Não há outra pessoa do seu órgão em exercício com este e-mail.",
        "There is no other officer of your agency in office with this address.",
    ),
    "secrecy_needs_basis": _both(
        "Diga em que lei ou decisão o sigilo se baseia.",
        "Say which law or order the secrecy rests on.",
    ),
    "reason_not_for_deed": _both(
        "Este motivo não serve para isto.", "This reason is not one for that."
    ),
    "needed_for_deed": _both("Isto não se faz sem.", "It is not done without this."),
    "duplicate_item": _both("Aparece mais de uma vez.", "Appears more than once."),
    "not_a_candidate": _both(
        "Esta conta não tem dois dos dados informados.",
        "This account has not two of the identifiers given.",
    ),
    "exactly_one": _both("Informe um só destes campos.", "Give exactly one of these members."),
    # Dates, ids, addresses on the net.
    "invalid_path": _both(
        "Envie o caminho da página, que começa com /.",
        "Send the page's path, which begins with /.",
    ),
    "invalid_date": _both("Use uma data como 2026-01-31.", "Use a date such as 2026-01-31."),
    "invalid_month": _both("Use um mês como 2026-01.", "Use a month such as 2026-01."),
    "invalid_datetime": _both(
        "Use data e hora como 2026-01-31T12:00:00Z.",
        "Use date and time such as 2026-01-31T12:00:00Z.",
    ),
    "age_key_refused": _both(
        "Não é uma chave pública X25519 do age (age1…).",
        "Not an X25519 public key of age's (age1…).",
    ),
    "period_empty": _both("O fim vem depois do início.", "The end comes after the start."),
    "invalid_duration": _both("Use uma duração como PT15M.", "Use a duration such as PT15M."),
    "date_not_past": _both("Precisa estar no passado.", "Must be in the past."),
    "month_not_over": _both("O mês ainda não terminou.", "The month is not over yet."),
    "month_too_old": _both("Há números a partir de {first}.", "There are figures from {first} on."),
    "date_too_old": _both("Use uma data a partir de {year}.", "Use a date from {year} on."),
    "date_too_far": _both("No máximo {years} ano(s).", "At most {years} year(s)."),
    "date_not_future": _both("Precisa estar no futuro.", "Must be in the future."),
    "not_by_this_link": _both(
        "Este link não faz isso: envie sem, e a senha nova é aceita.",
        "This link does not do that: send it without, and the new password is taken.",
    ),
    "timezone_missing": _both("Informe o fuso, por exemplo Z.", "Give the zone, for instance Z."),
    "timezone_not_allowed": _both("Envie sem fuso.", "Send it without a zone."),
    "invalid_uuid": _both("Não é um identificador (UUID).", "Not an identifier (UUID)."),
    "invalid_network": _both(
        "Use uma rede como 203.0.113.0/24, de até 256 redes dessas.",
        "Use a network such as 203.0.113.0/24, of up to 256 of those.",
    ),
    "unknown_assignee": _both(
        "Não há colega ativo com este id que veja este assunto.",
        "There is no active colleague with this id who sees this topic.",
    ),
    "unknown_login": _both("Não há acesso com este id.", "There is no login with this id."),
    "invalid_url": _both("Não é um endereço da web válido.", "Not a valid web address."),
    # What a Brazilian registration asks.
    "invalid_email": _both(
        "Não é um e-mail válido. Exemplo: nome@exemplo.com.br.",
        "Not a valid e-mail. Example: name@example.com.",
    ),
    "invalid_phone": _both(
        "Não é um telefone válido. Informe o DDD: (11) 91234-5678.",
        "Not a valid phone. Give the area code: (11) 91234-5678.",
    ),
    "invalid_process_number": _both(
        "Não é um número de processo (CNJ) válido: confira os dígitos verificadores.",
        "Not a valid (CNJ) process number: compare its check digits.",
    ),
    "invalid_tax_id": _both("Não é um CPF ou CNPJ válido.", "Not a valid CPF or CNPJ."),
    "invalid_cpf": _both("Não é um CPF válido.", "Not a valid CPF."),
    "invalid_cnpj": _both("Não é um CNPJ válido.", "Not a valid CNPJ."),
    "tax_id_not_of_kind": _both(
        "Pessoa informa CPF; empresa informa CNPJ.",
        "A person gives a CPF; a company gives a CNPJ.",
    ),
    "tax_id_not_of_country": _both(
        "No Brasil, informe um CPF ou CNPJ válido.", "In Brazil, give a valid CPF or CNPJ."
    ),
    "unknown_country": _both(
        "Use a sigla do país, como BR.", "Use the country's letters, as in BR."
    ),
    "address_incomplete": _both(
        "Informe também este campo: o endereço precisa estar completo.",
        "Give this one too: the address must be complete.",
    ),
    "invalid_postal_code": _both("O CEP tem oito dígitos.", "A CEP has eight digits."),
    "invalid_state": _both("Use a sigla da UF, como SP.", "Use the state's letters, as in SP."),
    "unknown_purpose": _both("Esta finalidade não existe.", "This purpose does not exist."),
    # What staff write to customers.
    "asks_for_secret": _both(
        "Este texto pede uma senha ou um código. A agência nunca pede: escreva de outro modo.",
        "This text asks for a password or a code. The agency never asks: say it otherwise.",
    ),
    # What customers write.
    "holds_secret": _both(
        "Parece conter uma senha. Tire-a e envie de novo.",
        "It seems to hold a password. Take it out and send again.",
    ),
    # Proving who one is.
    "recipient_missing": _both(
        "Um consentimento para terceiros diz a quem, quais campos e até quando.",
        "A consent for third parties says to whom, which fields, and until when.",
    ),
    "not_for_this": _both(
        "Esta resposta, para esta finalidade, não leva este campo.",
        "This answer, for this purpose, takes no such member.",
    ),
    "unknown_agency": _both(
        "Não há esse órgão no cadastro.", "There is no such agency in the directory."
    ),
    "email_not_official": _both(
        "Use um e-mail de um dos domínios oficiais do órgão.",
        "Use an address in one of the agency's official domains.",
    ),
    "no_secrecy": _both(
        "Não há sigilo a levantar: informe até quando ele vai.",
        "There is no secrecy to lift: say until when it lasts.",
    ),
    "needed_for_answer": _both(
        "Informe o e-mail oficial do órgão para onde vai a senha da resposta, ou a chave age dele.",
        "Give the agency's official address that the answer's passphrase goes to, or its age key.",
    ),
    "invalid_domain": _both(
        "Informe um domínio, como orgao.gov.br, sem letras de outros alfabetos.",
        "Give a domain, such as agency.gov.br, without letters of other alphabets.",
    ),
    "domain_of_anybody": _both(
        "Este domínio não é só de um órgão: qualquer pessoa pode ter um e-mail nele.",
        "This domain is not one agency's own: anybody can have an address there.",
    ),
    "phone_not_of_directory": _both(
        "Ligue para o telefone do cadastro do órgão, e só para ele.",
        "Call the phone in the agency's directory entry, and no other.",
    ),
    "unknown_recipient": _both(
        "Este terceiro não existe, ou não recebe mais nada.",
        "There is no such third party, or it gets nothing more.",
    ),
    "beyond_purpose": _both(
        "A finalidade não abrange este campo.", "The purpose does not cover this field."
    ),
    "version_missing": _both(
        "Diga a que versão das palavras (`version`) é este sim.",
        "Say which version of the words (`version`) this yes is given to.",
    ),
    "code_missing": _both(
        "Envie o código do autenticador (totp) ou um código de recuperação (recovery_code).",
        "Send the code of the authenticator app (totp) or a recovery code (recovery_code).",
    ),
    "one_proof_only": _both("Envie uma só prova de identidade.", "Send a single proof."),
    "code_incorrect": _both(
        "O código não confere. Digite o que o aplicativo mostra agora.",
        "Not the right code. Type the one that the app shows now.",
    ),
    # Passwords.
    "password_weak": _both(
        "Senha fácil de adivinhar. Use uma frase longa e só sua.",
        "Easy to guess. Use a long phrase of your own.",
    ),
    "password_too_short": _both("Use ao menos {min} caracteres.", "Use at least {min} characters."),
    "password_too_long": _both("Use no máximo {max} caracteres.", "Use at most {max} characters."),
    "password_no_letter": _both("Use ao menos uma letra.", "Use at least one letter."),
    "password_no_digit": _both("Use ao menos um número.", "Use at least one digit."),
    "password_no_symbol": _both(
        "Use ao menos um símbolo, como - ou !.", "Use at least one symbol, such as - or !."
    ),
    "password_common": _both(
        "Muita gente usa esta senha. Escolha uma só sua.",
        "Many people use this password. Choose one of your own.",
    ),
    "password_guessable": _both(
        "Senha fácil de adivinhar. Junte mais palavras que não combinam entre si.",
        "Easy to guess. Add more words that do not belong together.",
    ),
    "password_personal": _both(
        "A senha não pode ter seu nome, e-mail, telefone, CPF, CNPJ ou empresa.",
        "It must not hold your name, e-mail, phone, tax id or company.",
    ),
    "password_breached": _both(
        "Esta senha já vazou em outro lugar. Escolha outra.",
        "This password has leaked elsewhere. Choose another.",
    ),
    "password_unchanged": _both("Escolha uma senha nova.", "Choose a new password."),
    "password_incorrect": _both("A senha atual não confere.", "The current one does not match."),
}


def field_message(code: str, language: Language, params: Mapping[str, str | int]) -> str:
    """The sentence for a field error, its placeholders filled from `params`.

    A placeholder that nobody filled gives way to the plain "value not accepted": bad input must
    never become a 500. Raises KeyError for a code outside the catalogue.
    """
    try:
        return FIELDS[code][language].format_map(params)
    except KeyError:
        if code not in FIELDS:
            raise
        return FIELDS["invalid_value"][language]
