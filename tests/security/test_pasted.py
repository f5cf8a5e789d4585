"""Pasted secrets are taken out; what is said about a password stays."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security.pasted import (
    LONGEST_CANDIDATE,
    MARKERS,
    MOST_CANDIDATES,
    SHORTEST_CANDIDATE,
    candidates,
    redact_lookalikes,
    redact_pasted_secrets,
    remove,
)

PT, EN = MARKERS["pt-BR"], MARKERS["en"]
OPAQUE = "Zm9yIG9uZSB1c2Ugb25seSwga2VlcCBpdCBzZWNyZXQ"
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

# Something whose letters, digits and signs are mixed, as our own rules demand; no spaces.
STRONG = st.builds(
    "{}{}{}{}".format,
    st.text("abcdefghijkmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZçãé", min_size=4, max_size=20),
    st.text("0123456789", min_size=2, max_size=6),
    st.text("!#$%&*+-_?/\\|~^@<'\"([{", min_size=1, max_size=4),
    st.text("abcdefghijkmnopqrstuvwxyz0123456789", min_size=1, max_size=6),
)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("senha: abc123", f"senha: {PT}"),
        ("Minha senha é girassol.", f"Minha senha é {PT}."),
        ("minha senha é quatro gatos 7 telhados!", f"minha senha é {PT}"),
        ("minha senha é abc123 mas não entra", f"minha senha é {PT} mas não entra"),
        ("A senha é Abc#2020, ok?", f"A senha é {PT}, ok?"),
        ("a senha do painel que eu uso é Abc#2020", f"a senha do painel que eu uso é {PT}"),
        ("Senha (antiga): abc123", f"Senha (antiga): {PT}"),
        ("login: ana senha: abc123 site: x.com.br", f"login: ana senha: {PT} site: x.com.br"),
        ("Senha:\nabc123\nobrigada", f"Senha:\n{PT}\nobrigada"),
        ("SENHA=>GATO1234", f"SENHA=>{PT}"),
        ("senha -> 'um dois três' e pronto", f"senha -> {PT} e pronto"),
        ("senha abc123", f"senha {PT}"),
        ("S\u00c9NHA: abc", f"S\u00c9NHA: {PT}"),
        ("se\u0301nha: abc", f"se\u0301nha: {PT}"),
        ("ｓｅｎｈａ： abc123", f"ｓｅｎｈａ： {PT}"),
        ("snh: abc123", f"snh: {PT}"),
        ("PIN 1234", f"PIN {PT}"),
        ("meu pin é 98 76", f"meu pin é {PT}"),
        ("O código de verificação é 482 913.", f"O código de verificação é {PT}."),
        ("código de recuperação: ABCD-EFGH", f"código de recuperação: {PT}"),
        ("resposta secreta: Rex", f"resposta secreta: {PT}"),
        (f"token: {JWT}", f"token: {PT}"),
        (f"o link https://x.br/#t={OPAQUE} não abriu", f"o link https://x.br/#t={PT} não abriu"),
        (f"{OPAQUE}", PT),
        ("ftp://ana:abc123@ftp.x.com.br", f"ftp://ana:{PT}@ftp.x.com.br"),
        ("perdi o papel: K7QM-3XDW-9FTA-HR4V", f"perdi o papel: {PT}"),
        ("otpauth://totp/X?secret=ABC", PT),
        ("my password is hunter2", f"my password is {EN}"),
        ("My password is sunflower.", f"My password is {EN}."),
        ("password = horse battery staple", f"password = {EN}"),
        ("pwd Xyz-99!", f"pwd {EN}"),
        ("PW: zzz", f"PW: {EN}"),
        ("the recovery code is 1234-5678", f"the recovery code is {EN}"),
        ("one-time code 123456", f"one-time code {EN}"),
        ("senhas: abc123 / password: def456", f"senhas: {PT} / password: {EN}"),
    ],
)
def test_a_secret_in_its_shape_is_taken_out(sent: str, kept: str) -> None:
    assert redact_pasted_secrets(sent) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Esqueci minha senha.",
        "minha senha é muito fraca",
        "Minha senha não funciona!",
        "minha senha expirou ontem",
        "A senha é obrigatória?",
        "senha errada",
        "senha: não consigo entrar",
        "Troquei a senha 2 vezes em 10/11/2026.",
        "Recuperação da senha 10/11/2026",
        "Login: Senha: Token:",
        "My password is not working.",
        "password expired",
        "is the password required?",
        "I forgot my password, please help",
        "código do pedido: 482913",
        "O código do domínio é 12345.",
        "Meu telefone é (11) 91234-5678 e o CPF 529.982.247-25.",
        "Preciso da segunda via do boleto de R$ 1.234,56.",
        "A resenha: gostei muito",
        f"Escrevi {PT} e {EN} aqui",
    ],
)
def test_what_is_said_about_a_password_stays(text: str) -> None:
    assert redact_pasted_secrets(text) == text


@given(
    before=st.sampled_from(["senha: ", "Minha senha é ", "pwd ", "password=", "my password is "]),
    secret=STRONG,
    after=st.sampled_from(["", ".", ", obrigado", "\nAté logo", " e não entra"]),
)
def test_a_strong_password_never_stays_behind_its_name(
    before: str, secret: str, after: str
) -> None:
    kept = redact_pasted_secrets(f"Olá! {before}{secret}{after}")
    assert secret not in kept
    assert secret[:4] not in kept.removeprefix("Olá! " + before).replace(PT, "").replace(EN, "")


@given(text=st.text(st.characters(codec=None)))
def test_redacting_is_total_and_done_once(text: str) -> None:
    kept = redact_pasted_secrets(text)
    assert redact_pasted_secrets(kept) == kept
    assert len(candidates(text)) <= MOST_CANDIDATES


@given(
    text=st.lists(
        st.sampled_from(
            ["senha", "minha", "é", ":", "abc123", "pin", "password", "is", PT, "\n", "(", '"', "1"]
        ),
        max_size=12,
    ).map(" ".join)
)
def test_redacting_again_changes_nothing(text: str) -> None:
    kept = redact_pasted_secrets(text)
    assert redact_pasted_secrets(kept) == kept


@given(
    before=st.text("abc def,\n", max_size=30),
    secret=STRONG,
    after=st.sampled_from(["", ".", ",", "\n", " e só", ")"]),
)
def test_a_strong_password_is_a_candidate_wherever_it_stands(
    before: str, secret: str, after: str
) -> None:
    if len(secret) >= SHORTEST_CANDIDATE:
        assert secret in candidates(f"{before} {secret}{after}")


def test_the_likeliest_come_first() -> None:
    text = 'Olá! Tentei "gato de botas" e depois Abc-12345. Dia 10/11/2026 10h30: senha: o gato 7'
    assert candidates(text) == ("o gato 7", "gato de botas", "Abc-12345", "Abc-12345.")


def test_candidates_are_few_and_of_bounded_length() -> None:
    many = " ".join(f"Abc-{number:05d}!" for number in range(1_000))
    assert candidates(many) == tuple(f"Abc-{number:05d}!" for number in range(MOST_CANDIDATES))
    assert candidates("A1!" * (LONGEST_CANDIDATE // 3 + 2)) == ()
    assert candidates("A1!") == ()


@pytest.mark.parametrize(
    "text",
    [
        "Ligue (11) 91234-5678 às 10:30 de 01/02/2026, R$1.234,56.",
        "Meu e-mail é ana.2@exemplo.com.br, o site https://x.com.br/a?b=1",
        "Bem-vindo à segunda-feira, e obrigado pelo guarda-chuva!",
    ],
)
def test_what_everybody_writes_is_no_candidate(text: str) -> None:
    assert [word for word in candidates(text) if " " not in word] == []


def test_remove_takes_out_every_copy() -> None:
    assert remove("a Segredo-1! b Segredo-1!", "Segredo-1!") == f"a {PT} b {PT}"
    assert remove("nothing", "", "en") == "nothing"


@pytest.mark.parametrize(
    "piece",
    [
        *("senha ", "senha do ", "senha: ", "minha ", "minha senha que eu uso ", '"', '"a', "a1!"),
        *("eyJ", "a" * 42 + " ", "://", "://a:", "a:", "\ufdfa", "\u0301", " ", "\n", "(", "1 "),
        *(PT, "codigo de ", "senha é " * 3, "www.", "a@b."),
    ],
)
def test_hostile_text_takes_no_time(piece: str) -> None:
    text = (piece * 20_000)[:20_000]
    started = time.perf_counter()
    redact_pasted_secrets(text)
    candidates(text)
    assert time.perf_counter() - started < 30


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("uso Outra-coisa-99! no FTP", f"uso {PT} no FTP"),
        ("a minha, gato1234, não vale", f"a minha, {PT}, não vale"),
        ("(P@ssword)", f"({PT})"),
        ("senha: abc, ou oito-8-oito", f"senha: {PT}, ou {PT}"),
    ],
)
def test_whatever_looks_like_a_password_is_taken_out(sent: str, kept: str) -> None:
    assert redact_lookalikes(sent) == kept
    assert redact_lookalikes(kept) == kept


@pytest.mark.parametrize(
    "sent",
    [
        "Recebi o e-mail de 24/11/2026 às 10h30: R$1.500,00 (pedido 4821-0937-5562).",
        "O site www.loja24.com.br e loja24.com.br/contato, e ana7@exemplo.com.br, não abrem!",
        'Siga @padaria e #promo: "cadastro antigo", João&Maria, usuário(s), e/ou CNPJ.',
        "",
    ],
)
def test_what_looks_like_none_stays(sent: str) -> None:
    assert redact_lookalikes(sent) == sent


@given(st.text(), STRONG)
def test_a_lookalike_goes_wherever_it_stands(before: str, secret: str) -> None:
    assert secret not in redact_lookalikes(f"{before} {secret} ou não")
