"""The words by which a text is found to ask for a secret, in classes; `asking_rules.py` joins them.

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
        digitos do aplicativo, digitos do app, digitos do autenticador, digitos do celular,
        digitos do sms, digitos da tela, digitos na tela, digitos no aplicativo, digitos no app,
        digitos no autenticador, digitos que, digitos recebidos, digitos enviados,
        numeros do aplicativo, numeros do app, numeros do autenticador, numeros do sms,
        numeros que aparecem, numeros que apareceram, numeros que chegaram, numeros que recebeu,
        numeros que voce recebeu, numero do autenticador, numero que aparece, numero que apareceu,
        numero que chegou por sms, numero que o aplicativo, numero que o app,
        numeros que o aplicativo, numeros que o app, numeros aparecem no aplicativo,
        numeros aparecem no app, numeros aparecem no autenticador, numero aparece no aplicativo,
        numero aparece no app, numero aparece no autenticador, numbers does your app,
        numbers does the app, number does your app, number does the app, digits does your app,
        digits does the app, digits do you see, numbers do you see, number is on the app,
        number is in the app, digits from, digits in your, digits in the, digits on your,
        digits on the, digits of your app, digits you, digits we, digits that, digits shown,
        digits it shows, numbers from your app, numbers from the app, numbers from your phone,
        numbers from your authenticator, numbers in your app, numbers in the app,
        numbers in your authenticator, numbers on your app, numbers your app,
        numbers your authenticator, numbers the app, number your app, number in your authenticator,
        recovery phrase, seed phrase, secret phrase, secret word, secret answer, security answer,
        answer to your security question, answer to the security question,
        answer to your secret question, mothers maiden name, e pass, and pass, codigo q, cod q,
        cod de verificacao, with the code, com o codigo
    """,
    # Verbs that hand something over, as the reader is told to.
    "GIVE": """
        envie, enviem, envia, enviando, mande, mandem, manda, mandando, passe, passem, passa,
        passando, ditem, leia para, leia pra, dita, encaminhe, encaminhem, encaminha, encaminhando,
        forneca, fornecam, fornecendo, diga, digam, dizendo, me diz, nos diz, diz ai, fale, falem,
        fala, falando, conte, contem, me conta, revele, revelem, revela, repita, repitam, responda,
        respondam, responde, respondendo, compartilhe, compartilhem, compartilha, compartilhando,
        repasse, repassem, dite, soletre, escreva, escrevam, me escreve, escrevendo, mostre,
        me mostra, ceda, entregue, entreguem, poste, cole, devolva, inclua, incluam, anexe,
        acrescente, junte, adicione, de nos, de me, me de, me da, nos de, nos da, comunique, remeta,
        transmita, informando, send, sends, sending, tell, telling, give, giving, share, sharing,
        provide, providing, supply, submit, include, attach, append, add, return, quote, mention,
        disclose, disclosing, reveal, forward, forwarding, reply, replying, respond, responding,
        answer with, write back, write us, write me, message us, message me, text me, text us,
        text your, texting, email me, email us, email your, e mail me, e mail us, e mail your,
        dm me, dm us, dm your, hand over, pass on, let us know, let me know, let us have,
        let me have, read out, read me, read us, hand us,
        hand me, slip us, slip me, let us see, let me see, fotografe, fotografem, fotografa,
        reencaminhe,
        escreve ai, spell out,
        spell your, repeat, show us, show me, paste your, post your, say your, pass me, pass us
    """,
    # Verbs that a form's instructions use too: a *new* password is honestly typed and confirmed.
    "ENTER": """
        informe, informem, informa, digite, digitem, digita, digitando, insira, insiram, inserindo,
        confirme, confirmem, confirma, confirmando, preencha, preencham, coloque, coloca, valide,
        validem, validando, tecle, teclem, teclando, enter, entering, type, typing, input, key in,
        fill in, confirm, confirming, verify, verifying, validate
    """,
    # Verbs that put something where others find it. One's own may go into a safe (KEEPER).
    "LEAVE": """
        deixe, deixem, deixa, deixando, ponha, ponham, poe, pondo, bote, botem, bota, botando,
        jogue, joguem, joga, jogando, largue, larga, meta, registre, registrem, registra,
        registrando, cadastre, cadastrem, cadastra, cadastrando, grave, gravem, grava, gravando,
        lanca, solte, solta, publique, publiquem, suba, subam, deposite, lance, leave, leaving,
        drop, dropping, put, putting, place your, place the, placing your, register, registering,
        record, recording, upload, uploading, stick
    """,
    "READ": "leia, leiam, le, ler, lendo, read, reading",
    "ALOUD": """
        em voz alta, ao telefone, no telefone, por telefone, para mim, pra mim, para nos, pra nos,
        pra gente, para a equipe, para o atendente, ao atendente, aloud, out loud, over the phone,
        on the phone, by phone, to me, to us, to the, to our
    """,
    "TO_LEAVE": """
        deixar, botar, teclar, gravar, registrar, cadastrar, publicar, depositar, subir
    """,
    "KEEPER": """
        gerenciador, gerenciadores, cofre, cofres, chaveiro, lugar seguro, local seguro, segredo,
        em paz, de lado, em branco, vazio, vazia, como esta, como estava, mais forte, mais fortes,
        mais segura, mais seguras, mais longa, com letras, com pelo menos, com ao menos, no minimo,
        manager, managers, vault, keychain, safe place, secure place, as it is, as it was, blank,
        empty, alone, stronger, longer, safer, at least, in peace, secret
    """,
    # "Open a ticket with your password": what is made is what carries it.
    "MAKE": """
        abra, abram, abre, grave, gravem, grava, faca, facam, faz, tire, tirem, tira, crie, criem,
        prepare, preparem, monte, escreva, escrevam, deixe, anexe, suba, open, raise, record, make,
        create, take, prepare, write, leave, attach, upload
    """,
    "BEARER": """
        chamado, chamados, ticket, tickets, solicitacao, audio, video, gravacao, recado, bilhete,
        print, captura, foto, fotografia, planilha, comentario, mensagem, mensagem de voz, anotacao,
        case, message, voice message, recording, note, photo, picture, screenshot, spreadsheet,
        comment
    """,
    "WITH": "com, contendo, da, das, de, onde apareca, with, containing, showing, of",
    "NOTE": """
        anote, anotem, anota, anotando, anotar, anotada, anotadas, escrita, escritas, write down,
        note down, jot down, written, noted
    """,
    "PLACE": """
        neste chamado, no chamado, ao chamado, nesse chamado, no ticket, neste ticket,
        na solicitacao, na resposta, na sua resposta, nesta conversa, na conversa, nesta mensagem,
        neste e mail, neste email, no chat, neste chat, in this ticket, in the ticket,
        in your ticket, on the ticket, in the chat, in this chat, in your reply, in your answer,
        in your message, in this e mail, in this email, in the comments, nos comentarios
    """,
    # Which of them a form's field means.
    "NOW": """
        atual, antiga, anterior, de hoje, de agora, provisoria, aqui, de acesso, do painel, do site,
        do e mail, do email, do ftp, do banco, da hospedagem, da conta, do cliente, que usa hoje,
        que voce usa, now, today, here, in use
    """,
    "DIGITS": """
        digitos, digits, seis numeros, 6 numeros, six numbers, 6 numbers
    """,
    # Before "put" and the like: what somebody does, or did, not what the reader shall.
    "SPEAKER": "we, i, they, he, she, it, who, we have, i have, would, ele, ela, que",
    # Links that open an account for whoever has them.
    "LINK_SENT": """
        link do e mail, link do email, link do seu e mail, link do seu email, link da mensagem,
        link do sms, link que chegou, link que chegar, link que esta no, link que esta na,
        link que veio, link que voce recebeu, link que recebeu, link que recebemos, link recebido,
        link que mandamos, link que enviamos, link que te mandamos, link que te enviamos,
        link que lhe enviamos, link que foi enviado, link enviado, link no seu e mail,
        link no seu email, link para criar a senha, link para criar a nova senha,
        link para criar uma nova senha, link para criar sua senha, link para criar sua nova senha,
        link para definir a senha, link para definir a nova senha, link para definir sua senha,
        link para definir uma nova senha, link para redefinir a senha,
        link para redefinir sua senha, link para escolher a senha, link para escolher a nova senha,
        link para escolher uma nova senha, link para trocar a senha, link para trocar sua senha,
        link de troca de senha, link da senha, link da nova senha, link de acesso, link de senha,
        link de confirmacao, link de verificacao, link from the e mail, link from the email,
        link from your e mail, link from your email, link from the message, link from our e mail,
        link from our email, link in the e mail, link in the email, link in your e mail,
        link in your email, link in our e mail, link in our email, link in the message,
        link we sent, link we just sent, link we e mailed, link we emailed, link that we sent,
        link that came, link that arrived, link that you received, link you got, link you were sent,
        link to set your password, link to set a new password, link to set the new password,
        link to choose your password, link to choose a new password, link to reset your password,
        link to reset the password, link to create your password, link to create a new password,
        link to change your password, link for the new password, link for your new password,
        e mail de redefinicao, email de redefinicao, e mail de recuperacao, email de recuperacao,
        e mail de troca de senha, email de troca de senha, password e mail, password email,
        password reset e mail, password reset email, reset e mail, reset email,
        e mail we sent with the link, email we sent with the link, password link,
        reset password link, password reset link, verification link, confirmation link,
        sign in link, login link, magic link
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
        precisa ser enviada, precisa ser informada, precisa ser entregue, precisa ser passada,
        precisa chegar, precisa vir, precisa constar, tem que chegar, tem de chegar, tem que vir,
        tem que ser enviada, tem que ser informada, tem que ser passada, tem que constar,
        tem que estar, precisa estar no, precisa estar na, precisa estar com, deve estar no,
        deve estar na, deve constar, deve ser passada, deve ser entregue, deve chegar a nos,
        deve chegar ate nos, deve vir, must reach us, has to reach us, needs to reach us,
        should reach us, must get to us, has to get to us, needs to get to us, must be in the,
        must be with us, has to be with us, needs to be with us, must come with, must be sent,
        should be sent, has to be sent, needs to be sent, must be provided, is required, is needed,
        is necessary, will be required, will be needed, are required, are needed
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
        na sua senha, na nova senha, um link, um novo link, outro link, a link, a new link,
        another link, link do e mail marketing, link do email marketing, link de acesso ao,
        link de acesso a, no password, no passwords, in your password, in the password,
        in your new password
    """,
}
"""Each class, with its words. A word may be in several."""

OFTEN_MISTYPED: Final = ("senha", "senhas", "password", "passwords")
"""Known with one slip of the finger, too: a letter too few, too many, wrong, or two swapped."""

REAL_WORDS: Final = """
    lenha lenhas penha renha sanha sanhas sena senas sencha senda sendas senna senra senta sentas
    senza sinha sonha sonhas tenha tenhas venha venhas
"""
"""What is no slip of the finger, but a word or a name of its own."""
