"""The rules by which a text is found to ask for a secret: classes of words, patterns of classes.

This is data: whoever finds a text that is refused or let pass by mistake mends it here, and adds
the text to `tests/security/texts/`. Words are lower-case and without accents; an entry of several
words is a phrase, and the longest entry that fits is taken. `asking.py` says how they are read.
"""

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, str]] = {
    # What must never be asked for.
    "SECRET": """
        senha, senhas, senia, cenha, snh, pw, contrasena, contrasenha, palavra passe, password,
        passwords, passwd, passwrd, pswd, pwd, pword, passcode, passcodes, passphrase, pass word,
        pass phrase, pass code, your pass, pin, pins, pin code, token, tokens, otp, totp,
        credencial, credenciais, credentials, dados de acesso, dados de login, login details,
        login data, login info, access details, sign in details, log in details,
        palavra chave de seguranca, palavra secreta, frase secreta, frase senha,
        frase de recuperacao, resposta secreta, resposta de seguranca, resposta da pergunta secreta,
        resposta da sua pergunta secreta, resposta da pergunta de seguranca,
        resposta da sua pergunta de seguranca, resposta a pergunta de seguranca,
        resposta a sua pergunta de seguranca, nome de solteira da sua mae, nome de solteira da mae,
        codigo de verificacao, codigo de confirmacao, codigo de autenticacao, codigo de seguranca,
        codigo de acesso, codigo de recuperacao, codigo de uso unico, codigo de login,
        codigo de validacao, codigo temporario, codigo secreto, codigo pin, codigo do autenticador,
        codigo do aplicativo, codigo do app, codigo do sms, codigo sms, codigo por sms,
        codigo recebido, codigo enviado, codigo que, codigo de dois fatores, codigo de 4 digitos,
        codigo de quatro digitos, codigo de 6 digitos, codigo de seis digitos,
        codigos de verificacao, codigos de recuperacao, codigos de seguranca, codigos de acesso,
        codigos de uso unico, codigos reserva, codigos que, codigo de backup, codigos de backup,
        cvv, cvc, link de redefinicao, link de recuperacao, link de uso unico,
        link que voce recebeu, link que recebeu, reset link, recovery link, one time link,
        link you received, code you, code we, code that, code from, code sent, code by sms,
        digit code, verification code, confirmation code, authentication code, authenticator code,
        security code, access code, login code, sign in code, sms code, one time code,
        one time codes, one time password, single use code, secret code, two factor code, 2fa code,
        mfa code, otp code, recovery code, recovery codes, backup code, backup codes,
        recovery phrase, seed phrase, secret phrase, secret word, secret answer, security answer,
        answer to your security question, answer to the security question,
        answer to your secret question, mothers maiden name, e pass, and pass, codigo q, cod q,
        cod de verificacao, with the code, com o codigo
    """,
    # Verbs that hand something over, as the reader is told to.
    "GIVE": """
        envie, enviem, envia, enviando, mande, mandem, manda, mandando, passe, passem, passa,
        passando, encaminhe, encaminhem, encaminha, encaminhando, forneca, fornecam, fornecendo,
        diga, digam, dizendo, me diz, nos diz, diz ai, fale, falem, fala, falando, conte, contem,
        me conta, revele, revelem, revela, repita, repitam, responda, respondam, responde,
        respondendo, compartilhe, compartilhem, compartilha, compartilhando, repasse, repassem,
        dite, soletre, escreva, escrevam, me escreve, escrevendo, mostre, me mostra, ceda, entregue,
        entreguem, poste, cole, devolva, inclua, incluam, anexe, acrescente, junte, adicione,
        de nos, de me, me de, me da, nos de, nos da, comunique, remeta, transmita, informando, send,
        sends, sending, tell, telling, give, giving, share, sharing, provide, providing, supply,
        submit, include, attach, append, add, return, quote, mention, disclose, disclosing, reveal,
        forward, forwarding, reply, replying, respond, responding, answer with, write back,
        write us, write me, message us, message me, text me, text us, text your, texting, email me,
        email us, email your, e mail me, e mail us, e mail your, dm me, dm us, dm your, hand over,
        pass on, let us know, let me know, let us have, let me have, read out, read me, spell out,
        spell your, repeat, show us, show me, paste your, post your, say your, pass me, pass us
    """,
    # Verbs that a form's instructions use too: a *new* password is honestly typed and confirmed.
    "ENTER": """
        informe, informem, informa, digite, digitem, digita, digitando, insira, insiram, inserindo,
        confirme, confirmem, confirma, confirmando, preencha, preencham, coloque, coloca, valide,
        validem, validando, enter, entering, type, typing, input, key in, fill in, confirm,
        confirming, verify, verifying, validate
    """,
    "TO_GIVE": """
        enviar, mandar, passar, encaminhar, fornecer, dizer, falar, contar, revelar, repetir,
        responder, compartilhar, repassar, ditar, soletrar, escrever, mostrar, ceder, entregar,
        postar, dar, comunicar, remeter, transmitir, envio, fornecimento, dissesse, enviasse,
        mandasse, passasse, falasse, fornecesse
    """,
    "TO_ENTER": """
        informar, digitar, inserir, confirmar, preencher, colocar, validar, informasse, digitasse,
        confirmasse
    """,
    # What turns "to send" into "send".
    "POLITE": """
        favor, por favor, por gentileza, gentileza, poderia, poderiam, pode, podem, podia, pudesse,
        se puder, se voce puder, falta, faltou, falta voce, consegue, conseguiria, basta, e so, so,
        deve, devem, devera, precisa, precisam, precisara, queira, queiram, necessario, preciso,
        importante, obrigatorio, e preciso, e necessario, e obrigatorio, essencial, urgente, peco,
        tem que, tem de, tera que, tera de, pedimos para, pedimos, solicitamos, gostaria que,
        gostariamos que, quero que, queremos que, nao deixe de, nao deixem de, nao esqueca de,
        nao se esqueca de, nao esqueca, lembre se de, lembre de, nao demore a, nao demore para,
        nao hesite em, trate de
    """,
    # What asks by naming the thing itself.
    "NEED": """
        precisamos, preciso, precisaremos, precisarei, vamos precisar, vou precisar, necessitamos,
        necessito, solicitamos, solicito, pedimos, pediremos, peco, vamos pedir, vou pedir,
        requeremos, exigimos, exigiremos, queremos, quero, gostariamos, gostaria, aguardamos,
        aguardo, aguardando, no aguardo, esperamos, so falta, faltou, me falta, nos falta,
        precisando, estamos precisando, ainda nao recebemos, ainda nao recebi, dados necessarios,
        informacoes necessarias, requer se, solicita se, pede se, exige se, we need, i need,
        we will need, well need, ill need, i will need, we still need, we just need, we require,
        we request, requesting, we must have, we want, i want, i would like, we would like, id like,
        wed like, we ask for, we ask you for, we are asking, were asking, we will ask for,
        we may ask for, we have to ask for, i must ask for, asking you for, i ask for, may we have,
        may i have, can we have, can i have, could we have, could i have, could we get, could i get,
        can i get, can we get, may i get, may i ask for, waiting for, we await, awaiting,
        we have not received, we still have not received, we havent received, we did not receive,
        required details, required information, required data, details needed, information needed,
        data needed, we kindly request, i request
    """,
    "TEAM": """
        agencia, equipe, suporte, atendente, atendimento, tecnico, engenheiro, financeiro, alainer,
        setor, departamento, empresa, diretor, diretoria, agency, team, support, staff, engineer,
        technician, company, director, colleague
    """,
    "ASKS": """
        pede, pedira, vai pedir, ira pedir, pode pedir, solicita, solicitara, vai solicitar,
        precisa, precisara, vai precisar, exige, exigira, requer, necessita, quer saber, asks for,
        will ask for, will ask you for, may ask for, may ask you for, needs, will need, requires,
        requests, wants
    """,
    "WHAT": """
        qual, quais, qual e, qual era, qual foi, qual seria, quais sao, what, what is, what are,
        what was, whats, which, which is
    """,
    "WHICH": "que, com que, de que",
    "REQUIRED": """
        e necessaria, e necessario, e obrigatoria, e obrigatorio, sera necessaria, e exigida,
        e indispensavel, sao necessarias, deve ser enviada, deve ser informada, deve ser fornecida,
        precisa ser enviada, precisa ser informada, must be sent, should be sent, has to be sent,
        needs to be sent, must be provided, is required, is needed, is necessary, will be required,
        will be needed, are required, are needed
    """,
    # "Copy your password and send it to us": what is sent was named before.
    "SEND": """
        envie, enviem, envia, mande, mandem, manda, passe, passem, encaminhe, encaminhem, repasse,
        remeta, mandar, enviar, send, forward, text, email, e mail, dm, hand over
    """,
    "RETURN": "devolva, devolvam, mande de volta, return, send back",
    "IT": "a, la, ela, elas, as, las, essa senha, esta senha, it, them, that one, qual e",
    "US": """
        nos, a nos, para nos, pra nos, pra gente, para a gente, me, para mim, pra mim,
        para o suporte, para a equipe, para este endereco, para este email, para este e mail,
        por email, por e mail, por whatsapp, no whatsapp, por sms, por telefone, por chat, no chat,
        aqui, por aqui, aqui mesmo, em resposta, respondendo, us, me, to us, to me, to support,
        to our team, by email, by e mail, by reply, by replying, in reply, in your reply, here,
        back, over, by sms, by text, by phone
    """,
    # Governed by these, an asking verb asks nothing.
    "NEGATION": """
        nao, nunca, jamais, ninguem, nenhum, nenhuma, nem, sem, evite, evitem, tampouco, nunca mais,
        em hipotese alguma, em nenhuma hipotese, de forma alguma, de modo algum,
        sob nenhuma circunstancia, em nenhuma circunstancia, por nenhum motivo, por motivo algum,
        em momento algum, em nenhum momento, nunca + em nenhuma hipotese +,
        nunca + em hipotese alguma +, jamais + em nenhuma hipotese +, jamais + em hipotese alguma +,
        not, never, dont, doesnt, wont, cant, cannot, didnt, isnt, shouldnt, mustnt, wouldnt,
        neednt, nobody, none, nor, without, avoid, no one, no employee, no member, no colleague,
        under no circumstances, under any circumstances, at no time,
        never + under any circumstances +
    """,
    # These only look like a negation: "why don't you send it".
    "LEAD": "por que nao, porque nao, why not, why dont you, why dont we, why dont",
    # Somebody else's asking, told as a warning: "beware of whoever asks you to send it".
    "STRANGER": """
        quem, alguem, golpista, golpistas, criminoso, criminosos, fraudador, fraudadores,
        estelionatario, estelionatarios, mensagens, emails, e mails, ligacoes, links, anyone,
        someone, somebody, scammer, scammers, criminals, fraudsters, attackers, phishers, messages,
        callers, who, that
    """,
    "ASKING": """
        pede, pedem, pedir, pedirem, peca, pecam, pedindo, pediu, pedira, pedirao, pedimos,
        pediremos, pedi, solicita, solicitam, solicitar, solicitamos, solicitem, solicite, exige,
        exigem, exigir, exigimos, ask, asks, asked, asking, request, requests, require, requires,
        demand, demands
    """,
    "LINK": "que, que voce, que voces, que o cliente, para, pra, to, you to",
    # May stand between a negation and its verb without taking its force.
    "LIGHT": """
        se, me, nos, lhe, te, voce, voces, deve, devem, devera, precisa, precisam, pode, podem,
        podera, podemos, poderao, e, ser, sera, seja, vai, vao, vamos, ira, irao, iremos, preciso,
        necessario, por favor, ninguem, a, o, ao, da, do, de, nossa, nosso, agencia, equipe,
        suporte, alainer, funcionario, atendente, cliente, em, por, email, telefone, chat, you,
        ever, please, should, must, will, would, can, could, may, might, shall, we, us, anyone, our,
        team, staff, the, agency, of, on, be, is, are, going, have, need, need to, have to, does, do
    """,
    "READER": "voce, voces, you, o cliente",
    "CONDITION": """
        se, caso, quando, quem, alguem, if, when, whenever, once, who, whoever, anyone, someone
    """,
    # Said before "what your password is", they take the question out of it.
    "KNOW": """
        sabe, sabem, sabemos, saber, sei, ve, veem, vemos, ver, viu, vimos, conhece, conhecemos,
        descobrir, know, knows, see, sees, seen, saw, find out, diga, dizer, revele, revelar,
        informe, informar, tell, reveal, show
    """,
    "NEW": "nova, novas, novo, new, fresh",
    "VAGUE": "uma, an, any, cada, each, every, toda, forte, fortes, strong",
    "PLEASE": """
        por favor, por gentileza, favor, pfv, please, pls, kindly, obrigado, obrigada, thanks
    """,
    # May stand between the verb and the secret in any number.
    "BRIDGE": """
        a, as, o, os, e, ou, de, da, das, do, dos, com, me, nos, mim, pra, gente, sua, suas, seu,
        seus, tua, tuas, teu, teus, minha, nossa, um, uma, uns, umas, esta, essa, este, esse, atual,
        atuais, antiga, antigas, antigo, velha, nova, novas, novo, mesma, mesmo, completa, correta,
        ultima, propria, por, favor, gentileza, aqui, ai, ja, agora, hoje, logo, so, apenas, tambem,
        ainda, outra, vez, seguintes, abaixo, acesso, conta, cliente, painel, email, e mail, mail,
        login, usuario, nome, cpf, cnpj, telefone, whatsapp, data, nascimento, cadastro, dados,
        dado, numero, resposta, mensagem, valor, saber, ter, receber, ver, conhecer, conferir,
        obter, testar, confirmar, verificar, validar, qual, quais, envio, para, no, na, nesta,
        neste, voce, equipe, suporte, atendente, tecnico, engenheiro, financeiro, agencia, secreta,
        secreto, the, your, yours, my, our, own, of, for, with, and, or, us, to us, to me, him, her,
        an, current, old, existing, new, full, exact, real, please, kindly, now, again, just, only,
        also, back, over, out, by, replying, in, in reply, on, this, these, following, below,
        username, user, name, details, account, access, date, birth, number, message, know, have,
        get, to know, to have, to confirm, to verify, to check, to get, to receive, to see,
        to this message, to this email, to this e mail, engineer, team, support, once, more,
        customer, admin, root, secret, hosting, site, six, 4, 6, o quanto antes, quanto antes
    """,
    # Never between a verb and a secret that is its object.
    "STOP": """
        se, caso, quando, quem, que, onde, como, porque, sobre, depois, antes, apos, enquanto, lhe,
        lhes, troque, troquem, trocar, trocou, troca, defina, definam, definir, redefina, redefinir,
        redefinicao, crie, criar, escolha, escolham, escolher, altere, alterem, alterar, alteracao,
        mude, mudar, mudanca, atualize, atualizar, renove, cadastre, usar, use, guarde, guardar,
        proteja, proteger, desative, desativar, bloquear, recuperar, duvida, duvidas, problema,
        problemas, pedido, aconteceu, ocorreu, formulario, pagina, dica, dicas, gerenciador, if,
        when, whenever, who, whether, that, where, how, about, after, before, while, you, to, we, i,
        they, change, changed, changing, reset, resetting, choose, chose, set, setting, create,
        created, update, updated, renew, disable, disabled, disabling, protect, recover, forgot,
        forgotten, problem, problems, question, questions, trouble, request, form, page, hint,
        happened, manager, no
    """,
    # A secret followed by one of these begins the next clause, or is another thing's name.
    "SUBJECT_OF": """
        foi, foram, sera, serao, esta, estao, continua, continuam, permanece, expira, expirou,
        vence, venceu, deixou, nao, nunca, funciona, precisa, is, was, has, have, will, were, are,
        expires, expired, stays, remains, no longer, does, works, stopped, continues
    """,
    "COMPOUND": """
        reset, link, manager, policy, rules, strength, change, page, requirements, form, request,
        hint, recovery
    """,
    # Swallowed whole, so that none of their words counts.
    "NOTHING": """
        we require a, we need a, we want a, we will need a, i need a, se lembra, na senha,
        na sua senha, na nova senha, in your password, in the password, in your new password
    """,
}
"""Each class, with its words. A word may be in several."""

RULES: Final = """
    give          GIVE ~ SECRET
    enter         ENTER ~ SECRET                    | new
    polite        POLITE ~ TO_GIVE ~ SECRET
    polite_enter  POLITE ~ TO_ENTER ~ SECRET        | new
    need          NEED ~ SECRET                     | vague
    team_needs    TEAM ~ ASKS ~ SECRET              | new warned
    what_is       WHAT - SECRET                     | told
    which         START WHICH SECRET
    required      SECRET - REQUIRED                 | new
    send_it       SECRET ~~ SEND US* IT US* END     | warned
    give_it       SECRET ~~ GIVE US* IT US* END     | warned
    send_too      SECRET ~~ SEND US+ END            | warned
    return_it     SECRET ~~ RETURN US* END          | warned
    us_send       SECRET ~~ US SEND US* END         | warned
    bare          START - SECRET - QUESTION         | new
    please        START - SECRET - PLEASE - END     | new
    please_first  START PLEASE - SECRET - END       | new
    form          START - SECRET COLON STOPPED      | new
    blank         SECRET COLON BLANK                | new
"""
"""Each rule by name, and what must follow what; the first one to fit gives the refusal its name.

`~` is a gap of words out of BRIDGE and two unknown ones at most, none out of STOP; `-` a gap of
BRIDGE alone; `~~` a gap of any few words, into the next sentence at most. `US*` is any number of
them, `US+` at least one. START is where a sentence begins, END where a clause ends, STOPPED where a
line does. No rule fits where a NEGATION or a STRANGER's asking governs its first word. After `|`
stands when else it does not fit: `new`, for a new password that is not sent anywhere; `vague`, for
a secret that is nobody's yet ("a strong password"); `told`, after a word out of KNOW; `warned`,
after a CONDITION ("if anybody …").
"""
