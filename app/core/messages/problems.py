"""The catalogue of problems: one code, one title and one detail in each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.core.language import Language


@dataclass(frozen=True, slots=True)
class Words:
    """A title that never varies and a detail that may hold ``{placeholders}``."""

    title: str
    detail: str


def _both(pt: tuple[str, str], en: tuple[str, str]) -> Mapping[Language, Words]:
    return {"pt-BR": Words(*pt), "en": Words(*en)}


PROBLEMS: Final[Mapping[str, Mapping[Language, Words]]] = {
    # What was sent cannot be read.
    "malformed_json": _both(
        (
            "JSON malformado",
            "Envie um único documento JSON em UTF-8, sem membros repetidos nem NaN ou Infinity,"
            " com inteiros de até 64 bits e no máximo 32 níveis e 2000 valores.",
        ),
        (
            "Malformed JSON",
            "Send a single JSON document in UTF-8, without repeated members, NaN or Infinity,"
            " with integers of at most 64 bits, and at most 32 levels and 2000 values.",
        ),
    ),
    "malformed_request": _both(
        (
            "Requisição malformada",
            "O endereço, os cabeçalhos ou o corpo não podem ser lidos."
            " Confira o formato e a codificação UTF-8 e envie de novo.",
        ),
        (
            "Malformed request",
            "The address, the headers or the body cannot be read."
            " Check the format and the UTF-8 encoding and send again.",
        ),
    ),
    "payload_too_large": _both(
        ("Corpo grande demais", "O corpo passa de {limit} bytes. Envie menos dados por vez."),
        ("Body too large", "The body is over {limit} bytes. Send less data at a time."),
    ),
    "body_too_slow": _both(
        (
            "Envio lento demais",
            "O corpo demorou demais a chegar, e nada dele foi guardado. Confira a conexão e envie"
            " de novo.",
        ),
        (
            "Sent too slowly",
            "The body took too long to arrive, and nothing of it was kept. Check the connection"
            " and send again.",
        ),
    ),
    "uri_too_long": _both(
        ("Endereço longo demais", "Encurte o endereço ou a consulta e envie de novo."),
        ("Address too long", "Shorten the address or the query and send again."),
    ),
    "request_head_too_large": _both(
        (
            "Cabeçalhos grandes demais",
            "O endereço e os cabeçalhos, juntos, passam de {limit} bytes."
            " Envie menos cabeçalhos ou encurte-os.",
        ),
        (
            "Headers too large",
            "The address and the headers together are over {limit} bytes."
            " Send fewer headers or shorten them.",
        ),
    ),
    "unsupported_media_type": _both(
        (
            "Tipo de conteúdo não aceito",
            "Envie o corpo, em UTF-8, em um dos tipos do cabeçalho Accept desta resposta.",
        ),
        (
            "Media type not accepted",
            "Send the body, in UTF-8, as one of the types in this answer's Accept header.",
        ),
    ),
    "not_acceptable": _both(
        ("Formato indisponível", "Peça no cabeçalho Accept um dos tipos documentados."),
        ("Format not available", "Ask for one of the documented types in the Accept header."),
    ),
    # What was sent can be read, and is refused.
    "validation_failed": _both(
        ("Dados recusados", "Corrija o que está indicado em errors e envie de novo."),
        ("Data refused", "Correct what is listed in errors and send again."),
    ),
    "unknown_member": _both(
        (
            "Campo não aceito",
            "O corpo traz um campo que não é aceito aqui. Envie somente os documentados.",
        ),
        (
            "Member not accepted",
            "The body holds a member that is not accepted here. Send only the documented ones.",
        ),
    ),
    "unknown_parameter": _both(
        (
            "Parâmetro não aceito",
            "A consulta traz um parâmetro que não é aceito aqui, ou o mesmo parâmetro mais de uma"
            " vez. Aceitos, uma vez cada: {accepted}.",
        ),
        (
            "Parameter not accepted",
            "The query holds a parameter that is not accepted here, or the same parameter more"
            " than once. Accepted, once each: {accepted}.",
        ),
    ),
    "invalid_cursor": _both(
        (
            "Cursor inválido",
            "O cursor não vale para esta consulta. Recomece sem cursor, ou use o next_cursor da"
            " página anterior com os mesmos filtros e a mesma ordem.",
        ),
        (
            "Invalid cursor",
            "The cursor is not valid for this query. Start again without one, or use the previous"
            " page's next_cursor with the same filters and the same order.",
        ),
    ),
    "invalid_sort": _both(
        (
            "Ordenação não aceita",
            "Em sort, use um destes, com - à frente para a ordem inversa: {accepted}.",
        ),
        (
            "Sort not accepted",
            "As sort, use one of these, with - before it to reverse: {accepted}.",
        ),
    ),
    "reason_required": _both(
        (
            "Motivo necessário",
            "Informe no cabeçalho X-Reason o motivo deste acesso, com {min} a {max} caracteres.",
        ),
        (
            "Reason required",
            "Give the reason for this access in the X-Reason header, {min} to {max} characters.",
        ),
    ),
    "unknown_purpose": _both(
        ("Finalidade desconhecida", "Use uma das finalidades documentadas."),
        ("Unknown purpose", "Use one of the documented purposes."),
    ),
    "purpose_version_not_current": _both(
        (
            "O texto mudou",
            "O texto dessa finalidade tem uma versão mais nova. Mostre-a e pergunte de novo.",
        ),
        ("The words have changed", "That purpose has newer words. Show them and ask again."),
    ),
    "account_without_owner": _both(
        (
            "Conta sem titular ativo",
            "Ninguém seria avisado por e-mail, e nada se anota em silêncio. Peça que um titular"
            " volte a ter acesso.",
        ),
        (
            "Account without an active owner",
            "Nobody would be told by mail, and nothing is noted silently. Have an owner regain"
            " access.",
        ),
    ),
    "policy_version_not_current": _both(
        (
            "Política desatualizada",
            "A versão aceita não é a vigente. Leia GET /v1/public/policies/current, mostre o texto"
            " e envie a versão que a pessoa aceitou.",
        ),
        (
            "Policy out of date",
            "The accepted version is not the current one. Read GET /v1/public/policies/current,"
            " show the text and send the version that the person accepted.",
        ),
    ),
    "idempotency_key_invalid": _both(
        (
            "Idempotency-Key inválida",
            "Envie em Idempotency-Key uma chave nova e aleatória, por exemplo um UUID.",
        ),
        (
            "Invalid Idempotency-Key",
            "Send a fresh, random key as Idempotency-Key, for instance a UUID.",
        ),
    ),
    "idempotency_key_reused": _both(
        (
            "Idempotency-Key já usada",
            "Esta chave já serviu a outro pedido. Gere uma nova para um pedido diferente.",
        ),
        (
            "Idempotency-Key already used",
            "This key has served another request. Make a new one for a different request.",
        ),
    ),
    # Who is asking.
    "unauthenticated": _both(
        ("Autenticação necessária", "Entre e envie o token em Authorization: Bearer."),
        ("Authentication required", "Sign in and send the token as Authorization: Bearer."),
    ),
    "token_invalid": _both(
        (
            "Token recusado",
            "O token não é válido ou venceu. Renove-o em /v1/auth/refresh, ou entre de novo.",
        ),
        (
            "Token refused",
            "The token is not valid or has expired. Renew it at /v1/auth/refresh, or sign in"
            " again.",
        ),
    ),
    "session_ended": _both(
        ("Sessão encerrada", "Esta sessão terminou. Entre de novo."),
        ("Session ended", "This session is over. Sign in again."),
    ),
    "second_factor_required": _both(
        (
            "Falta o segundo fator",
            "Envie também um código do aplicativo autenticador (totp) ou um código de recuperação"
            " (recovery_code), ou use uma chave de acesso.",
        ),
        (
            "Second factor missing",
            "Send a code of your authenticator app (totp) or a recovery code (recovery_code) too,"
            " or use a passkey.",
        ),
    ),
    "stronger_proof_required": _both(
        (
            "A senha não basta",
            "Envie só o código do autenticador, um código de recuperação ou a chave de acesso.",
        ),
        (
            "A password is not enough",
            "Send only the code of your authenticator app, a recovery code or your passkey.",
        ),
    ),
    "passkey_refused": _both(
        (
            "Chave de acesso recusada",
            "O navegador não confirmou esta chave de acesso a tempo, ou ela já está cadastrada."
            " Comece de novo.",
        ),
        (
            "Passkey refused",
            "The browser did not confirm this passkey in time, or it is known already. Begin anew.",
        ),
    ),
    "no_second_factor": _both(
        ("Sem segundo fator", "Cadastre antes um aplicativo autenticador ou chave de acesso."),
        ("No second factor", "Add an authenticator app or a passkey first."),
    ),
    "last_authenticator": _both(
        ("É o último segundo fator", "Aqui é preciso ter um: cadastre outro antes."),
        ("The last second factor", "You need one here: add another first."),
    ),
    "too_many_authenticators": _both(
        ("Segundos fatores demais", "O limite é de {limit}. Remova um que não usa mais."),
        ("Too many second factors", "The limit is {limit}. Remove one that is out of use."),
    ),
    "step_up_required": _both(
        (
            "Confirme que é você",
            "Esta ação pede uma prova de presença de menos de cinco minutos. Envie a senha ou o"
            " segundo fator a POST /v1/auth/step-up e repita.",
        ),
        (
            "Confirm that it is you",
            "This action wants a proof of presence of the last five minutes. Send your password or"
            " second factor to POST /v1/auth/step-up and repeat.",
        ),
    ),
    "one_time_token_invalid": _both(
        (
            "Link recusado",
            "O link já foi usado, venceu ou não existe. Peça um novo.",
        ),
        ("Link refused", "The link was used already, has expired or never was. Ask for a new one."),
    ),
    "form_token_invalid": _both(
        (
            "Formulário vencido ou sem prova de trabalho",
            "Busque outro formulário em GET /v1/public/contact-requests/form, faça o trabalho que"
            " ele pede e envie de novo: cada um vale uma vez, por duas horas.",
        ),
        (
            "Form expired, used, or without its work",
            "Fetch another form at GET /v1/public/contact-requests/form, do the work that it asks"
            " for and send again: each is good once, for two hours.",
        ),
    ),
    "invalid_credentials": _both(
        ("Acesso recusado", "Os dados de acesso não conferem. Confira-os e tente de novo."),
        ("Sign-in refused", "The sign-in data do not match. Check them and try again."),
    ),
    "csrf_refused": _both(
        (
            "Pedido de outra página",
            "O cookie só vale em pedidos da nossa própria página, com o csrf_token da sessão no"
            " cabeçalho X-CSRF-Token. Entre de novo se o tiver perdido.",
        ),
        (
            "Request from another page",
            "The cookie is good only for requests of our own page, with the session's csrf_token"
            " in the X-CSRF-Token header. Sign in again if it was lost.",
        ),
    ),
    "forbidden": _both(
        (
            "Sem permissão",
            "Seu papel ou suas permissões não incluem esta ação. Se precisar dela, fale com a"
            " direção ou, na conta de um cliente, com um titular da conta.",
        ),
        (
            "Not permitted",
            "Your role or your permissions do not include this action. If you need it, speak to"
            " the director or, in a customer's account, to an owner of the account.",
        ),
    ),
    "purpose_not_allowed": _both(
        (
            "Finalidade não permitida",
            "Seu papel não age com a finalidade enviada em X-Purpose. Omita o cabeçalho, ou use"
            " uma destas: {accepted}.",
        ),
        (
            "Purpose not permitted",
            "Your role does not act for the purpose sent in X-Purpose. Leave the header out, or"
            " use one of these: {accepted}.",
        ),
    ),
    "registration_closed": _both(
        ("Cadastro fechado", "Novos cadastros não estão abertos agora. Fale com a agência."),
        ("Registration closed", "New registrations are not open now. Speak to the agency."),
    ),
    "second_person_required": _both(
        (
            "É preciso outra pessoa",
            "Quem registrou ou escreveu não pode conferir o próprio trabalho."
            " Peça a outra pessoa com essa função que confira e confirme.",
        ),
        (
            "Another person is needed",
            "Whoever entered or wrote it cannot be the one who checks it."
            " Ask another person who may to check and confirm it.",
        ),
    ),
    "count_changed": _both(
        (
            "A contagem mudou",
            "Agora são {count} acessos. Confira a seleção e confirme com este número.",
        ),
        (
            "The count has changed",
            "It is {count} logins now. Check the selection and confirm with this number.",
        ),
    ),
    "incident_not_draft": _both(
        (
            "Incidente já decidido",
            "Só um rascunho pode ser confirmado ou cancelado. Leia o incidente para ver como está.",
        ),
        (
            "Incident already decided",
            "Only a draft can be confirmed or cancelled. Read the incident to see how it stands.",
        ),
    ),
    "policy_acceptance_required": _both(
        (
            "Aceite a política",
            "Leia GET /v1/public/policies/current e aceite a versão em POST"
            " /v1/customer/policy-acceptances. Até lá você pode ler e corrigir seus dados, proteger"
            " seu acesso e sair.",
        ),
        (
            "Accept the policy",
            "Read GET /v1/public/policies/current and accept its version at POST"
            " /v1/customer/policy-acceptances. Until then you can read and correct your data,"
            " protect your login, and leave.",
        ),
    ),
    "policy_draft_state": _both(
        (
            "O texto não está nesse ponto",
            "Escreve-se num rascunho, confere-se o que foi enviado, publica-se o que foi aprovado."
            " Leia o rascunho para ver como está.",
        ),
        (
            "The draft is not at that point",
            "A draft is written at, what was submitted is reviewed, what was approved is published."
            " Read the draft to see how it stands.",
        ),
    ),
    "policy_pending": _both(
        (
            "Outra versão vem antes",
            "Uma versão anunciada entra em vigor nesse momento ou depois. Escolha um momento"
            " posterior ao dela, ou retire-a.",
        ),
        (
            "Another version comes first",
            "A version that was announced comes into force then or later. Choose a moment after it,"
            " or withdraw it.",
        ),
    ),
    "policy_in_force": _both(
        (
            "A versão não pode mais ser retirada",
            "Só se retira uma versão antes do seu momento, e uma vez. Para mudar a política em"
            " vigor, publique outra versão.",
        ),
        (
            "The version can no longer be withdrawn",
            "A version is withdrawn before its moment, and once. To change the policy in force,"
            " publish another version.",
        ),
    ),
    "account_closed": _both(
        (
            "Conta encerrada",
            "Uma conta encerrada não pode ser alterada nem dar consentimentos novos; retirar os que"
            " deu ela ainda pode. Fale com a agência.",
        ),
        (
            "Account closed",
            "A closed account can neither be changed nor give new consents; those that it gave can"
            " still be withdrawn. Speak to the agency.",
        ),
    ),
    "https_required": _both(
        ("HTTPS necessário", "Repita o pedido por HTTPS e troque o que enviou sem proteção."),
        ("HTTPS required", "Repeat the request over HTTPS and replace what you sent in clear."),
    ),
    # Trusted people, and what they owe.
    "beyond_own_permissions": _both(
        (
            "Mais do que você tem",
            "Ninguém dá permissões ou prazo além dos próprios, nem mexe em quem tem mais."
            " Peça a quem tem a permissão owner.",
        ),
        (
            "More than you hold",
            "Nobody grants permissions or time beyond their own, or touches a member who holds"
            " more. Ask somebody with the permission owner.",
        ),
    ),
    "own_membership": _both(
        (
            "É o seu próprio acesso",
            "Ninguém muda o próprio acesso. Peça a outra pessoa da conta; para sair dela, use"
            " DELETE /v1/customer/membership.",
        ),
        (
            "This is your own access",
            "Nobody changes their own access. Ask somebody else in the account; to leave it, use"
            " DELETE /v1/customer/membership.",
        ),
    ),
    "invitation_for_another": _both(
        (
            "Convite para outro endereço",
            "O convite foi enviado a um endereço que não é o deste acesso. Entre com aquele"
            " endereço, ou peça um convite para este.",
        ),
        (
            "Invitation for another address",
            "The invitation was sent to an address that is not this login's. Sign in with that"
            " address, or ask for an invitation to this one.",
        ),
    ),
    "invitation_lapsed": _both(
        (
            "Convite sem efeito",
            "Quem convidou não pode mais dar o que ofereceu. Peça um novo convite.",
        ),
        (
            "Invitation without effect",
            "Whoever invited you can no longer give what was offered. Ask for a new invitation.",
        ),
    ),
    "login_exists": _both(
        (
            "Este endereço já tem acesso",
            "Entre e aceite em POST /v1/customer/invitations/accept. Se o acesso não abre mais"
            " nenhuma conta, aceite aqui com a senha que ele já tem; se a esqueceu, recupere-a"
            " antes.",
        ),
        (
            "This address has a login",
            "Sign in and accept at POST /v1/customer/invitations/accept. If the login opens no"
            " account any more, accept here with the password that it has; if it is forgotten,"
            " recover it first.",
        ),
    ),
    "already_member": _both(
        (
            "Já faz parte da conta",
            "Este endereço já tem um lugar na conta. Em vez de convidar, mude o"
            " que ele pode com PATCH /v1/customer/members.",
        ),
        (
            "Already a member",
            "This address has a place in the account. Instead of inviting it, change"
            " what it may do with PATCH /v1/customer/members.",
        ),
    ),
    "last_owner": _both(
        (
            "A conta ficaria sem titular",
            "É a última pessoa com a permissão owner sem prazo. Dê antes essa permissão a outra.",
        ),
        (
            "The account would be nobody's",
            "This is the last person with the permission owner without an end. Give it to somebody"
            " else first.",
        ),
    ),
    "invoice_number_taken": _both(
        ("Número já usado", "Já existe uma fatura com este número. Confira-o, ou use outro."),
        ("Number already used", "There is an invoice with this number. Check it, or use another."),
    ),
    "consent_missing": _both(
        (
            "Sem consentimento",
            "O cliente não consente, ou não consente mais, que este terceiro receba todos estes"
            " campos para esta finalidade. Nada saiu.",
        ),
        (
            "No consent",
            "The customer does not, or no longer, consent that this third party gets all of these"
            " fields for this purpose. Nothing left.",
        ),
    ),
    "recipient_name_taken": _both(
        ("Nome já usado", "Já existe um terceiro com este nome. Confira-o, ou use outro."),
        ("Name already used", "There is a third party with this name. Check it, or use another."),
    ),
    "recipient_retired": _both(
        (
            "Terceiro desativado",
            "Este terceiro não recebe mais nada, e não muda mais. Cadastre outro.",
        ),
        ("Retired", "This third party gets nothing more, and changes no more. Register another."),
    ),
    "recipient_consented": _both(
        (
            "Há consentimentos para este terceiro",
            "Quem consentiu disse sim a este nome, documento e país. Cadastre outro terceiro,"
            " e desative este.",
        ),
        (
            "There are consents to this third party",
            "Those who consented said yes to this name, tax id and country. Register another,"
            " and retire this one.",
        ),
    ),
    "agency_name_taken": _both(
        ("Nome já usado", "Já existe um órgão com este nome. Confira-o, ou use outro."),
        ("Name already used", "There is an agency with this name. Check it, or use another."),
    ),
    "officer_state": _both(
        (
            "Não cabe no estado atual",
            "A situação desta autoridade, ou do seu órgão, não permite isto agora. Leia-a de novo.",
        ),
        (
            "Not in this state",
            "As this officer or their agency stands, this cannot be done. Read them again.",
        ),
    ),
    "callback_missing": _both(
        (
            "Falta a ligação ao órgão",
            "Antes, outra pessoa da equipe liga para o telefone oficial do órgão e registra que ele"
            " confirmou a perda do segundo fator. A ligação vale por um dia e para um link.",
        ),
        (
            "The call-back is missing",
            "First another member of staff calls the agency's published phone, and records that it"
            " confirmed the loss of the second factor. A call is good for a day and for one link.",
        ),
    ),
    "officer_not_vetted": _both(
        (
            "Aguarda verificação",
            "Sua senha e seu código estão certos, mas o órgão ainda não confirmou quem você é pelo"
            " telefone oficial. Avisaremos por e-mail.",
        ),
        (
            "Waiting to be vetted",
            "Your password and code are right, but your agency has not confirmed you by its"
            " published phone yet. A mail will tell you.",
        ),
    ),
    # What stands in the way.
    "not_found": _both(
        ("Não encontrado", "Não há nada para você neste endereço. Confira o identificador."),
        ("Not found", "There is nothing for you at this address. Check the identifier."),
    ),
    "method_not_allowed": _both(
        ("Método não permitido", "Use um dos métodos do cabeçalho Allow desta resposta."),
        ("Method not allowed", "Use one of the methods in this answer's Allow header."),
    ),
    "email_taken": _both(
        ("E-mail já cadastrado", "Já existe uma conta com este e-mail. Entre, ou use outro."),
        ("E-mail already known", "There is an account with this e-mail. Sign in, or use another."),
    ),
    "conflict": _both(
        ("Conflito", "O registro não está num estado que permita isto. Leia-o de novo."),
        ("Conflict", "The record is not in a state that allows this. Read it again."),
    ),
    "legal_request_state": _both(
        (
            "O pedido não está neste passo",
            "Isto não se faz com o pedido onde ele está, ou não por você. Leia-o de novo: `next`"
            " diz o que pode ser feito.",
        ),
        (
            "The request is not at this step",
            "This is not done with the request where it stands, or not by you. Read it again:"
            " `next` says what can be done.",
        ),
    ),
    "secrecy_proposal_over": _both(
        (
            "A proposta não vale mais",
            "Passaram sete dias, ou algo foi registrado depois dela. Leia /secrecy-orders e"
            " proponha outra vez, se ainda for o caso.",
        ),
        (
            "The proposal holds no more",
            "Seven days have passed, or something was entered after it. Read /secrecy-orders and"
            " propose it anew, if that is still right.",
        ),
    ),
    "legal_package_state": _both(
        (
            "O pacote não está disponível",
            "Ele já foi baixado, venceu ou foi apagado. O balcão pode liberar mais um download.",
        ),
        (
            "The package is not available",
            "It was downloaded, is over or was deleted. The desk can allow another download.",
        ),
    ),
    "nothing_granted": _both(
        (
            "Nada seria concedido",
            "Todos os itens estão recusados: recuse o pedido inteiro (`reject`), com o motivo.",
        ),
        (
            "Nothing would be granted",
            "Every item is refused: refuse the whole request (`reject`), with the reason.",
        ),
    ),
    "nothing_refused": _both(
        ("Nada foi recusado", "Sem itens recusados não há o que restringir: use `forward`."),
        ("Nothing was refused", "Without refused items there is nothing to narrow: `forward` it."),
    ),
    "must_be_narrowed": _both(
        (
            "Parte do pedido vai além da base legal",
            "Use `narrow`: o remetente precisa saber o que foi recusado, e por quê.",
        ),
        (
            "Part of the request is beyond its basis",
            "Use `narrow`: the sender must learn what was refused, and why.",
        ),
    ),
    "target_ambiguous": _both(
        (
            "Falta dizer de quem se trata",
            "Os dados de uma pessoa indicada levam a várias contas. Escolha uma, ou peça outro"
            " identificador à autoridade.",
        ),
        (
            "It is still to be said who is meant",
            "The identifiers of a named person lead to several accounts. Choose one, or ask the"
            " authority for another identifier.",
        ),
    ),
    "document_missing": _both(
        (
            "Falta o documento",
            "Envie antes a ordem ou o ofício assinado, em /documents com kind=order.",
        ),
        (
            "The document is missing",
            "Upload the signed order first, to /documents with kind=order.",
        ),
    ),
    "documents_full": _both(
        ("Documentos demais", "Um pedido leva no máximo dez documentos. Apague um do rascunho."),
        ("Too many documents", "A request takes ten documents at most. Delete one of the draft."),
    ),
    "signature_unsound": _both(
        (
            "Nenhum documento com assinatura aceita",
            "Leia os laudos em /documents: um documento novo espera até um minuto pela verificação."
            " O que veio em papel ou por e-mail pode ser confirmado com o original à vista: motivo"
            " `original_seen` e anotação.",
        ),
        (
            "No document with an accepted signature",
            "Read the reports at /documents: a new document waits up to a minute for its"
            " verification. What came on paper or by mail can be confirmed on sight of the"
            " original: reason `original_seen`, and a note.",
        ),
    ),
    "precondition_required": _both(
        (
            "Falta If-Match",
            "Leia o registro e envie seu ETag em If-Match, para não desfazer mudanças alheias.",
        ),
        (
            "If-Match is missing",
            "Read the record and send its ETag as If-Match, so as not to undo others' changes.",
        ),
    ),
    "precondition_failed": _both(
        (
            "O registro mudou",
            "Ele mudou desde a sua leitura. Leia-o de novo e repita com o novo ETag.",
        ),
        (
            "The record has changed",
            "It has changed since you read it. Read it again and repeat with the new ETag.",
        ),
    ),
    "too_many_requests": _both(
        ("Pedidos demais", "Espere os segundos do cabeçalho Retry-After e tente de novo."),
        ("Too many requests", "Wait for the seconds in the Retry-After header and try again."),
    ),
    # What is wrong with us.
    "hashing_busy": _both(
        ("Muitos acessos agora", "Espere os segundos do cabeçalho Retry-After e tente de novo."),
        ("Many sign-ins now", "Wait for the seconds in the Retry-After header and try again."),
    ),
    "documents_busy": _both(
        (
            "Muitos documentos agora",
            "Espere os segundos do cabeçalho Retry-After e envie o documento de novo.",
        ),
        (
            "Many documents now",
            "Wait for the seconds in the Retry-After header and send the document again.",
        ),
    ),
    "database_unavailable": _both(
        (
            "Banco de dados indisponível",
            "Nada foi alterado. Espere os segundos do cabeçalho Retry-After e tente de novo.",
        ),
        (
            "Database unavailable",
            "Nothing was changed. Wait for the seconds in the Retry-After header and try again.",
        ),
    ),
    "audit_unavailable": _both(
        (
            "Registro de acessos indisponível",
            "Sem o registro nada é revelado. Espere os segundos do cabeçalho Retry-After e tente"
            " de novo.",
        ),
        (
            "Access record unavailable",
            "Nothing is revealed without its record. Wait for the seconds in the Retry-After"
            " header and try again.",
        ),
    ),
    "internal_error": _both(
        (
            "Erro interno",
            "A falha é nossa e ficou registrada. Se repetir, informe o X-Request-ID desta resposta"
            " ao suporte.",
        ),
        (
            "Internal error",
            "The fault is ours and is on record. If it happens again, give this answer's"
            " X-Request-ID to support.",
        ),
    ),
}


def problem_words(code: str, language: Language, params: Mapping[str, str | int]) -> Words:
    """Title and detail of a problem, its placeholders filled from `params`.

    A placeholder that nobody filled must not turn a refusal into a 500: the detail then gives way
    to the title. Raises KeyError for a code outside the catalogue.
    """
    words = PROBLEMS[code][language]
    try:
        return Words(words.title, words.detail.format_map(params))
    except KeyError:
        return Words(words.title, words.title)
