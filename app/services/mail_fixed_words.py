"""What no mail changes is written out once, when its template is compiled.

Most paragraphs of a mail name nobody. A macro that is called with nothing but constants gives the
same words in each mail, so the call is replaced by them: composing a long mail so costs a third.
"""

from jinja2 import nodes
from jinja2.environment import TemplateModule
from jinja2.visitor import NodeTransformer


def fix_words(template: nodes.Template, macros: TemplateModule) -> nodes.Template:
    """The parsed template, with calls such as `m.para("…")` replaced by what `macros` make of them.

    A call with a placeholder anywhere in it stays: that is asked and escaped for each mail.
    """
    fixed: nodes.Template = _Fixing(macros).visit(template)
    return fixed


class _Fixing(NodeTransformer):
    def __init__(self, macros: TemplateModule) -> None:
        self._macros = macros

    def visit_CallBlock(self, block: nodes.CallBlock) -> nodes.CallBlock:  # noqa: N802 - as below
        block.body = [self.visit(node) for node in block.body]  # its call wants the body: it stays
        return block

    def visit_Call(self, call: nodes.Call) -> nodes.Expr:  # noqa: N802 - jinja2's name
        self.generic_visit(call)  # those within its arguments
        match call:
            case nodes.Call(
                node=nodes.Getattr(node=nodes.Name(name="m"), attr=macro),
                kwargs=[],
                dyn_args=None,
                dyn_kwargs=None,
            ):
                try:
                    given = [argument.as_const() for argument in call.args]
                except nodes.Impossible:
                    return call
                words = getattr(self._macros, macro)(*given)
                return nodes.Const(words, lineno=call.lineno, environment=call.environment)
        return call
