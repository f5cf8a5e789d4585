"""The certificate (certidão) of a package: a PDF in Portuguese that says what was asked for, on
which basis, what is handed over and what is not there, and how anybody checks it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509

from app.core.business_days import ZONE
from app.services.package_contents import Collected, Holding
from app.services.package_manifest import COLLECTOR, Making
from app.services.package_orders import PackageOrder, Refused

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT: Final = "Helvetica"
_UNSAID: Final = "não informado"
_STATEMENTS: Final = {
    Holding.HELD: "Foram encontrados {rows} registros, entregues nos arquivos abaixo.",
    Holding.NOTHING_FOUND: (
        "NADA CONSTA: feita a busca descrita no manifesto, nenhum registro foi encontrado, nem"
        " entre os dados atuais nem entre os preservados que a requisição alcança."
    ),
    Holding.NOBODY_IDENTIFIED: (
        "NÃO IDENTIFICADA: nenhuma conta foi identificada pelos dados informados na requisição"
        " sobre esta pessoa. Não se certifica que ela não tenha conta, nem que não haja dados."
    ),
    Holding.NOT_HELD: "NÃO MANTIDO: o serviço não guarda dados desta categoria, de ninguém.",
}

_SEARCHED: Final = (
    "A busca abrange os dados atuais e os que o serviço mantém somente por preservação ainda"
    " vigente, pedida pela mesma autoridade no mesmo feito ou pelos mesmos agentes, ou no processo"
    " de que vem a ordem judicial (Lei 12.965/2014, arts. 13 e 15). Cada registro diz, em"
    " provenance, se é atual (live) ou preservado (preserved), desde quando e por quê: edited, o"
    " dado atual é outro; erased, já não consta; expired, esgotou-se o prazo de guarda."
)
_OF_THESE: Final = "Destes, {preserved} são mantidos somente por ordem de preservação."
_PRESERVED: Final = (
    "Ordem de preservação cumprida: tudo o que o serviço mantiver sobre as pessoas indicadas na"
    " requisição permanece guardado pelo prazo da lei, sem ser alterado nem apagado. Nada é"
    " entregue, e esta certidão não informa se alguma delas é cliente nem se há dados: isso"
    " depende de ordem judicial (Lei 12.965/2014, art. 13, § 3º, e art. 15, § 3º)."
)


def certificate(
    order: PackageOrder,
    collected: Sequence[Collected],
    making: Making,
    signer: x509.Certificate,
) -> bytes:
    """The unsigned pages. The same order and rows at the same moments give the same pages.

    The fonts that every reader of PDF has know Latin-1: other letters stand as ``\\u0141``, and
    as they are in the manifest.
    """
    from fpdf import FPDF  # half a second and 30 MiB that most processes never need

    pdf = FPDF(format="A4")
    pdf.set_creation_date(making.collected_until)
    pdf.set_title(f"Certidão {order.reference}")
    pdf.set_lang("pt-BR")
    pdf.set_margins(20, 20)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.add_page()
    page = _Page(pdf)
    page.title(f"Certidão de atendimento da requisição {order.reference}")
    page.facts(_request(order))
    if order.preserved:
        page.heading("Preservação")
        page.text(_PRESERVED)
        page.text(f"Itens: {', '.join(order.preserved)}.")
    if collected:
        page.heading("Dados por categoria")
        page.text(_SEARCHED)
    for each in collected:
        page.strong(f"{each.category.title} ({each.category.name})")
        page.text(_STATEMENTS[each.holding].format(rows=_number(each.rows)))
        if each.preserved:
            page.text(_OF_THESE.format(preserved=_number(each.preserved)))
        if each.holding is not Holding.NOT_HELD:
            page.text(f"Campos alcançados: {', '.join(each.category.fields)}.")
        for file in each.files:
            page.text(f"{file.entry.name}: {_number(file.entry.bytes)} bytes, SHA-256")
            page.code(file.entry.sha256)
    if order.refused:
        page.heading("Não entregue, por não ser alcançado pela base legal")
        for refused in order.refused:
            page.text(_refusal(refused))
    page.heading("Decisão e coleta")
    page.facts(_deed(order, making))
    page.heading("Como verificar")
    page.text(
        "O arquivo manifest.json relaciona todos os arquivos do pacote com tamanho e SHA-256, e é"
        " assinado em manifest.p7s (CMS/CAdES destacado). O programa verify_package.py confere tudo"
        " com o certificado que o serviço publica em /v1/public/certificate; LEIA-ME.txt explica."
        " Esta certidão é assinada (PAdES) com o mesmo certificado:"
    )
    page.text(f"Titular: {signer.subject.rfc4514_string()}. SHA-256 do certificado:")
    page.code(making.fingerprint)
    return bytes(pdf.output())


def _request(order: PackageOrder) -> Iterable[tuple[str, str]]:
    period = _UNSAID
    if order.period_from is not None or order.period_to is not None:
        zone = f" (fuso do pedido: {order.period_zone})" if order.period_zone else ""
        period = f"de {_moment(order.period_from)} a {_moment(order.period_to)}{zone}"
    return (
        ("Autoridade", order.agency),
        ("Órgão expedidor", order.issuing_body or _UNSAID),
        ("Processo", order.process_number or _UNSAID),
        ("Inquérito", order.inquiry_number or _UNSAID),
        ("Espécie", order.kind),
        ("Base legal", f"{order.article} ({order.basis})"),
        ("Período", period),
        ("Recebida", _moment(order.requested_at)),
        ("Requisição", str(order.request_id)),
        ("Pacote", str(order.package_id)),
    )


def _deed(order: PackageOrder, making: Making) -> Iterable[tuple[str, str]]:
    position = making.position
    seal = "nenhum ainda"
    if position.seal_number is not None:
        seal = f"{position.seal_number}:{position.seal_digest}"
    return (
        ("Análise jurídica", str(order.reviewed_by)),
        ("Aprovação", f"{', '.join(map(str, order.approved_by))}, {_moment(order.approved_at)}"),
        ("Conferência", str(order.checked_by) if order.checked_by else "anterior à entrega"),
        ("Início da coleta", _moment(making.collected_from)),
        ("Fim da coleta", _moment(making.collected_until)),
        ("Coletor", COLLECTOR),
        ("Último evento de auditoria", str(position.event_id or "nenhum ainda")),
        ("Último selo de auditoria", seal),
    )


def _refusal(refused: Refused) -> str:
    what = refused.category if refused.field is None else f"{refused.category}: {refused.field}"
    return f"{what}: {refused.article} ({refused.reason_code})."


def _moment(moment: datetime | None) -> str:
    """In America/Sao_Paulo, with its distance from UTC."""
    if moment is None:
        return _UNSAID
    local = moment.astimezone(ZONE)
    distance = local.strftime("%z")
    return f"{local:%d/%m/%Y %H:%M:%S} (UTC{distance[:3]}:{distance[3:]})"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", ".")


class _Page:
    """What the certificate is written with."""

    def __init__(self, pdf: "FPDF") -> None:
        self._pdf = pdf

    def title(self, text: str) -> None:
        """What it is, on top."""
        self._line(text, 15, "B", 8)

    def heading(self, text: str) -> None:
        """Of a part."""
        self._pdf.ln(3)
        self._line(text, 12, "B", 7)

    def strong(self, text: str) -> None:
        """A line that stands out."""
        self._line(text, 10, "B", 5.5)

    def text(self, text: str) -> None:
        """As much as it needs."""
        self._line(text, 10, "", 5)

    def code(self, text: str) -> None:
        """What is compared letter by letter."""
        self._line(text, 8, "", 5, font="Courier")

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """A name and a value a line."""
        for name, value in facts:
            self._pdf.set_font(_FONT, "B", 10)
            self._pdf.cell(52, 5, _latin(name))
            self._pdf.set_font(_FONT, "", 10)
            self._pdf.multi_cell(0, 5, _latin(value), align="L", new_x="LMARGIN", new_y="NEXT")

    def _line(self, text: str, size: int, style: str, height: float, *, font: str = _FONT) -> None:
        self._pdf.set_font(font, style, size)
        self._pdf.multi_cell(0, height, _latin(text), align="L", new_x="LMARGIN", new_y="NEXT")


def _latin(text: str) -> str:
    return text.encode("latin-1", "backslashreplace").decode("latin-1")
