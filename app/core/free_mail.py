"""Mail domains that anybody can have an address at, and suffixes under which anybody is: data.

None of them says for whom an address stands. Kept as lists to be read and added to here alone.
"""

from typing import Final

_FREE_MAIL: Final = """
    10minutemail.com aim.com aol.com atlas.cz bol.com.br daum.net disroot.org duck.com email.com
    fastmail.com fastmail.fm foxmail.com free.fr gmail.com gmx.com gmx.de gmx.net googlemail.com
    guerrillamail.com hey.com hotmail.co.uk hotmail.com hotmail.com.br hotmail.es hotmail.fr
    hotmail.it hushmail.com icloud.com ig.com.br inbox.com itelefonica.com.br keemail.me
    laposte.net libero.it live.com live.com.br live.com.pt lycos.com mac.com mail.com mail.ru
    mailbox.org mailfence.com mailinator.com me.com msn.com naver.com oi.com.br onmicrosoft.com
    outlook.com outlook.com.br outlook.es outlook.pt pm.me posteo.de privaterelay.appleid.com
    proton.me protonmail.ch protonmail.com qq.com r7.com rediffmail.com riseup.net
    rocketmail.com sapo.pt sina.com superig.com.br temp-mail.org tempmail.com terra.com
    terra.com.br tuta.com tuta.io tutamail.com tutanota.com tutanota.de uol.com.br vivaldi.net
    web.de ya.ru yahoo.co.uk yahoo.com yahoo.com.ar yahoo.com.br yahoo.com.mx yahoo.de yahoo.es
    yahoo.fr yahoo.it yandex.com yandex.ru ymail.com yopmail.com zipmail.com.br zoho.com
    zohomail.com
"""
FREE_MAIL: Final[frozenset[str]] = frozenset(_FREE_MAIL.split())
"""With all that lies under them."""

_STATES: Final = (
    *("ac", "al", "am", "ap", "ba", "ce", "df", "es", "go", "ma", "mg", "ms", "mt", "pa"),
    *("pb", "pe", "pi", "pr", "rj", "rn", "ro", "rr", "rs", "sc", "se", "sp", "to"),
)
SUFFIXES: Final[frozenset[str]] = frozenset(
    {
        *("gov.br", "jus.br", "mp.br", "leg.br", "def.br", "mil.br", "tc.br", "com.br", "org.br"),
        *("net.br", "edu.br", "eco.br", "adv.br", "blog.br", "ind.br", "inf.br", "gov.pt"),
        *("co.uk", "gov.uk", "com.ar", "gob.ar", "com.mx", "gob.mx", "gouv.fr", "com.au"),
        *(f"{state}.gov.br" for state in _STATES),
        *(f"{state}.leg.br" for state in _STATES),
    }
)
"""Under each stand many bodies or people who have nothing to do with each other."""
