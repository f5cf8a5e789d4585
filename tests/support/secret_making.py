"""Makes secrets of every kind over HTTP, and remembers them as their owners are told them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import httpx
import pyotp
from sqlalchemy import select, update

from app.access.viewers import Viewer
from app.core.ids import new_id
from app.models import Login, Officer
from app.services import officer_recoveries, one_time_tokens, outbox
from app.services.mail_templates import MailTemplates
from app.services.outbox import Message
from tests.support.confirmed import asked
from tests.support.incident_exercisers import prove_presence
from tests.support.incidents import dealt_with
from tests.support.letters import token_to
from tests.support.mail_samples import samples
from tests.support.officers import OFFICERS, REGISTER, add_agency, registration, vetting
from tests.support.people import REASON, bearer
from tests.support.records import rows
from tests.support.secrets import Hoard
from tests.support.stage import Stage

PASSWORD: Final = "Onze-tucanos-no-p\u00e1tio-5!"
RESET: Final = "Doze-quatis-na-varanda-6?"
CHANGED: Final = "Treze-lontras-no-riacho-7;"
ACCOUNTANT: Final = "contas-e-segredos@exemplo.com.br"
ACCOUNTANT_PASSWORD: Final = "Quatorze-garcas-no-brejo-8:"
RENEWED: Final = "Quinze-capivaras-na-lagoa-9,"
WAITING: Final = "Dezesseis-preguicas-na-serra-1."
OFFICER: Final = "Dezessete-emas-no-cerrado-2@"
PASSWORDS: Final = (*(PASSWORD, RESET, CHANGED, ACCOUNTANT_PASSWORD, RENEWED, WAITING, OFFICER),)
MOVED: Final = "segredos-mudados@exemplo.com.br"
OPENED: Final = "segredos-abertos@exemplo.com.br"
EMAIL: Final = "segredos@exemplo.com.br"


@dataclass(frozen=True, slots=True)
class Made:
    """Who the secrets belong to, and which of them people would type somewhere."""

    ids: Mapping[str, UUID]
    """By the name of a path's parameter."""
    logins: tuple[UUID, ...]
    spoken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Maker:
    """Speaks to the doors of customers and of the public; whatever they tell is a secret."""

    stage: Stage
    hoard: Hoard

    async def post(self, path: str, owner: str = "customer", **request: Any) -> httpx.Response:
        """A successful POST, its answer learned."""
        answer = await self.stage.client.post(path, **request)
        assert answer.status_code in (200, 201, 202, 204), f"{path}: {answer.text}"
        self.hoard.learn_answer(owner, answer)
        return answer


async def make_secrets(stage: Stage, hoard: Hoard) -> Made:
    """Every kind of secret there is, learned by `hoard`; told are the people they belong to."""
    maker = Maker(stage, hoard)
    for password in PASSWORDS:
        hoard.learn("customer", "password", password)
    for role, person in stage.staff.items():
        hoard.learn(role, "totp_secret", person.totp_secret)
        hoard.learn(role, "access_token", person.token)
    customer_id = await _register(maker)
    login_id = await _login(stage, EMAIL)
    await _sign_in(maker)
    owner = await _recover(maker)
    await _trust(maker, owner)
    accountant_id = await _login(stage, ACCOUNTANT)
    intervention_id = await _intervene(maker, accountant_id)
    incident_id = await _deal_with_incident(stage, accountant_id)
    await _prove_addresses(maker)
    await _second_factors(maker)
    await _register_officer(maker)
    await _queue_every_mail(stage, login_id, customer_id)
    await hoard.learn_mails(stage.platform)
    return Made(
        ids={
            "customer_id": customer_id,
            "login_id": login_id,
            "intervention_id": intervention_id,
            "incident_id": incident_id,
        },
        logins=(login_id, accountant_id, stage.canaries["logins"].values["id"]),
        spoken=PASSWORDS,
    )


async def _login(stage: Stage, email: str) -> UUID:
    [found] = await rows(stage.platform, select(Login.id).where(Login.email == email))
    login_id: UUID = found[0]
    return login_id


async def _register(maker: Maker) -> UUID:
    version = maker.stage.canaries["policies"].values["version"]
    form = {
        "kind": "person",
        "name": "Dona dos Segredos",
        "email": EMAIL,
        "password": PASSWORD,
        "accepted_policy_version": version,
    }
    key = {"Idempotency-Key": "segredos-0001"}
    answer = await maker.post("/v1/public/registrations", json=form, headers=key)
    await maker.post("/v1/public/registrations", json=form, headers=key)
    return UUID(answer.json()["customer"]["id"])


async def _sign_in(maker: Maker) -> None:
    """Pairs of tokens: as given, renewed, and of a session that was ended."""
    form = {"username": EMAIL, "password": PASSWORD}
    pair = (await maker.post("/v1/auth/customer/token", data=form)).json()
    renewal = {"refresh_token": pair["refresh_token"]}
    renewed = (await maker.post("/v1/auth/refresh", json=renewal)).json()
    await maker.post("/v1/auth/logout", headers=bearer(renewed["access_token"]))
    await maker.post("/v1/auth/customer/token", data=form)
    await maker.post("/v1/auth/customer/token", data=form | {"delivery": "cookie"})
    for role, person in maker.stage.staff.items():
        staff_form = {"username": person.email, "password": person.password, "totp": person.code()}
        await maker.post("/v1/auth/staff/token", owner=role, data=staff_form)


async def _recover(maker: Maker) -> dict[str, str]:
    """A forgotten password, and then a change of the new one; the headers of who is signed in."""
    resets = "/v1/public/password-resets"
    await maker.post(resets, json={"email": EMAIL})
    await maker.hoard.learn_mails(maker.stage.platform)
    token = maker.hoard.told_in("password_reset")
    await maker.post(f"{resets}/confirm", json={"token": token, "new_password": RESET})
    form = {"username": EMAIL, "password": RESET}
    pair = (await maker.post("/v1/auth/customer/token", data=form)).json()
    change = {"current_password": RESET, "new_password": CHANGED}
    path, headers = "/v1/customer/password", bearer(pair["access_token"])
    answer = await maker.stage.client.put(path, json=change, headers=headers)
    assert answer.status_code == 204, answer.text
    form["password"] = CHANGED
    pair = (await maker.post("/v1/auth/customer/token", data=form)).json()
    return bearer(pair["access_token"])


async def _trust(maker: Maker, owner: dict[str, str]) -> None:
    """An accountant is invited, and accepts with a password of their own."""
    invitation = {"email": ACCOUNTANT, "set": "financeiro", "note": f"uso {CHANGED} aqui"}
    answer = await maker.post("/v1/customer/invitations", json=invitation, headers=owner)
    assert answer.json()["note"] == "uso [senha removida] aqui"
    await maker.hoard.learn_mails(maker.stage.platform)
    acceptance = {
        "token": maker.hoard.told_in("invitation"),
        "name": "Contas Feitas",
        "password": ACCOUNTANT_PASSWORD,
        "accepted_policy_version": maker.stage.canaries["policies"].values["version"],
    }
    await maker.post("/v1/public/invitations/accept", json=acceptance)


async def _intervene(maker: Maker, login_id: UUID) -> UUID:
    """A director disables the accountant's password; the link in the mail gives another."""
    stage = maker.stage
    order = {
        "login_id": str(login_id),
        "reason_code": "suspected_breach",
        "reason_text": "Vimos uma entrada estranha na sua conta.",
    }
    answer = await stage.client.post(
        "/v1/staff/interventions", json=order, headers=stage.headers(Viewer.DIRECTOR)
    )
    assert answer.status_code == 201, answer.text
    await maker.hoard.learn_mails(stage.platform)
    reset = {"token": maker.hoard.told_in("intervention"), "new_password": RENEWED}
    await maker.post("/v1/public/password-resets/confirm", json=reset)
    form = {"username": ACCOUNTANT, "password": RENEWED}
    await maker.post("/v1/auth/customer/token", data=form)
    return UUID(answer.json()["id"])


async def _deal_with_incident(stage: Stage, login_id: UUID) -> UUID:
    """An incident that touches the accountant again, confirmed by a second person, dealt with."""
    incident = await dealt_with(
        stage.service,
        stage.staff[Viewer.DIRECTOR],
        stage.staff[Viewer.SYSTEMS_ENGINEER],
        {"logins": [str(login_id)]},
    )
    assert incident["progress"]["done"] == 1
    return UUID(incident["id"])


async def _prove_addresses(maker: Maker) -> None:
    """Links to the addresses of a login, and of registrations that wait: used and unused."""
    platform, hoard = maker.stage.platform, maker.hoard
    form = {"username": EMAIL, "password": CHANGED}
    change, links = "/v1/customer/email-changes", "/v1/public/email-changes"
    pair = (await maker.post("/v1/auth/customer/token", data=form)).json()
    headers = bearer(pair["access_token"])
    await maker.post("/v1/customer/email-verification", headers=headers)
    await maker.post(change, json={"email": MOVED}, headers=headers)
    await hoard.learn_mails(platform)
    confirmation = {"token": hoard.told_in("email_change_confirm")}
    await maker.post(f"{links}/confirm", json=confirmation)
    await hoard.learn_mails(platform)
    await maker.post(f"{links}/undo", json={"token": hoard.told_in("email_change_notice")})
    await hoard.learn_mails(platform)  # undoing has shut the login: a mail lets its owner in again
    again = await token_to(platform, EMAIL, "password_reset")
    reset = {"token": again, "new_password": CHANGED}
    await maker.post("/v1/public/password-resets/confirm", json=reset)
    pair = (await maker.post("/v1/auth/customer/token", data=form)).json()
    await maker.post(change, json={"email": MOVED}, headers=bearer(pair["access_token"]))
    version = maker.stage.canaries["policies"].values["version"]
    for email in (OPENED, f"nunca-{OPENED}"):
        token = await asked(platform, email, password=WAITING, accepted_policy_version=version)
        hoard.learn("customer", "token of registration_confirm", token)
        if email == OPENED:
            await maker.post("/v1/public/registrations/confirm", json={"token": token})


async def _second_factors(maker: Maker) -> None:
    """An authenticator app, and recovery codes: the first ten, and those that replaced them."""
    form = {"username": EMAIL, "password": CHANGED}
    pair = (await maker.post("/v1/auth/customer/token", data=form)).json()
    place, headers = "/v1/customer/authenticators", bearer(pair["access_token"])
    started = (await maker.post(f"{place}/totp", headers=headers)).json()
    code = pyotp.TOTP(started["secret"]).at(maker.stage.platform.clock())
    confirmation = f"{place}/totp/{started['id']}/confirm"
    await maker.post(confirmation, json={"code": code}, headers=headers)
    await maker.post(f"{place}/recovery-codes", headers=headers)


async def _register_officer(maker: Maker) -> None:
    """An officer's password, link, authenticator's secret and tokens."""
    platform = maker.stage.platform
    by = maker.stage.canaries["staff_members"].values["id"]
    agency = await add_agency(platform, by=by)
    form = registration(agency, password=OFFICER)
    await maker.post(REGISTER, owner="officer", json=form)
    await maker.hoard.learn_mails(platform)
    confirmation = {"token": maker.hoard.told_in("officer_registration_confirm")}
    answer = await maker.post(f"{REGISTER}/confirm", owner="officer", json=confirmation)
    code = pyotp.TOTP(answer.json()["totp_secret"]).at(platform.clock())
    async with platform.database.transaction() as connection:
        now = platform.clock()
        vetted = {"vetted_at": now, "vetted_by": by, "valid_until": now + timedelta(days=1)}
        vetted["vettings"] = [vetting(agency, now, about=officer_recoveries.LOST)]
        theirs = update(Officer).where(Officer.email == form["email"]).returning(Officer.id)
        found = await connection.execute(theirs.values(status="active", **vetted))
        officer_id = found.scalar_one()
    sent = {"username": form["email"], "password": OFFICER, "totp": code}
    await maker.post("/v1/auth/authority/token", owner="officer", data=sent)
    await _recover_officer(maker, officer_id)


async def _recover_officer(maker: Maker, officer_id: UUID) -> None:
    """The link of who lost their second factor, and the new one's secret."""
    await prove_presence(maker.stage)
    headers = {"X-Reason": REASON} | maker.stage.staff[Viewer.DIRECTOR].headers
    await maker.post(f"{OFFICERS}/{officer_id}/recoveries", owner="director", headers=headers)
    await maker.hoard.learn_mails(maker.stage.platform)
    form = {"token": maker.hoard.told_in("officer_recovery"), "password": OFFICER}
    await maker.post("/v1/public/authority-recoveries/confirm", owner="officer", json=form)


async def _queue_every_mail(stage: Stage, login_id: UUID, customer_id: UUID) -> None:
    """One of each template that holds a link or token, whichever deed sends it."""
    templates = MailTemplates(stage.platform.settings.agency_name)
    for template in templates.names():
        values = samples(templates, template)
        secret = [name for name in values if name.rpartition("_")[2] in ("link", "token", "code")]
        if secret:
            async with stage.platform.database.transaction() as connection:
                token = await one_time_tokens.issue(
                    stage.platform,
                    connection,
                    "trial",
                    lifetime=one_time_tokens.KEPT,
                    login_id=login_id,
                    subject_id=new_id(),
                )
                message = Message(
                    template,
                    EMAIL,
                    "pt-BR",
                    params={name: value for name, value in values.items() if name not in secret},
                    secret={
                        name: outbox.link(stage.platform, "pagina", token)
                        if name.endswith("link")
                        else token
                        for name in secret
                    },
                    login_id=login_id,
                    customer_id=customer_id,
                )
                await outbox.queue(stage.platform, connection, message)
