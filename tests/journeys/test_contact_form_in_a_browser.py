"""The script that `/docs` shows for the contact form, run by a real browser's page."""

import re
from pathlib import Path

import pytest

from app.services import contact_forms
from tests.support.browser import browsing
from tests.support.contacts import PUBLIC, body, post, stored
from tests.support.databases import Databases
from tests.support.served import on_a_port

pytestmark = pytest.mark.needs_program("chromium")

WORK = """async (script, path) => {
    const doWork = eval(`(${script})`);
    const form = await (await fetch(`${path}/form`)).json();
    return {form_token: form.form_token, work: await doWork(form)};
}"""


async def test_the_documented_script_does_the_work(databases: Databases, tmp_path: Path) -> None:
    with databases.fresh("sqlite") as url:  # what a page does is the same for both
        async with (
            on_a_port(url, tmp_path / "service") as (service, address),
            browsing(tmp_path / "browser") as browser,
        ):
            described = service.app.openapi()["paths"][f"{PUBLIC}/form"]["get"]["description"]
            [script] = re.findall(r"```js\n(.*?)```", described, re.DOTALL)
            page = await browser.open(f"{address}/docs")
            form = await page.call(WORK, script, PUBLIC)
            service.clock.ahead += contact_forms.LEAST_TIME
            answer = await post(service, body("navegador@exemplo.com.br", **form))
            assert answer.status_code == 202, answer.text
            row = await stored(service, answer.json()["reference"])
            # Our own client calls from 127.0.0.1, as the page does.
            assert (row.status, row.spam_signs) == ("open", {})
