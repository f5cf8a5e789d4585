"""Who may do what: one readable table, a line per verb (`scope:resource:action`).

A verb that has no line is allowed to nobody; an empty cell is a no. A second table says what each
verb of the customer door needs of a member, a third which of them stay open to whoever has yet to
accept the policy. What a viewer may *see* or *write* of a record is the
matrix's matter (`visibility.py`).
"""

from collections.abc import Collection, Mapping

from app.access.matrix import COLUMNS, MatrixError
from app.access.viewers import Viewer

TABLE = """
                                      self dir  eng  dpo  sup  bil  pro  mkt  par  aut  pub
    staff:customer:list               ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:customer:read               ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:customer:update             ·    yes  ·    ·    yes  yes  ·    ·    ·    ·    ·
    staff:customer_change:list        ·    yes  yes  yes  yes  yes  ·    ·    ·    ·    ·
    staff:membership:list             ·    yes  yes  yes  yes  ·    ·    ·    ·    ·    ·
    staff:invoice:list                ·    yes  yes  ·    ·    yes  ·    ·    ·    ·    ·
    staff:invoice:create              ·    ·    ·    ·    ·    yes  ·    ·    ·    ·    ·
    staff:invoice:update              ·    ·    ·    ·    ·    yes  ·    ·    ·    ·    ·
    staff:intervention:list           ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:intervention:create         ·    yes  yes  ·    ·    ·    ·    ·    ·    ·    ·
    staff:incident:list               ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:incident:read               ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:incident:create             ·    yes  yes  ·    ·    ·    ·    ·    ·    ·    ·
    staff:incident:update             ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:incident:confirm            ·    yes  yes  ·    ·    ·    ·    ·    ·    ·    ·
    staff:incident:cancel             ·    yes  yes  ·    ·    ·    ·    ·    ·    ·    ·
    staff:incident:retry              ·    yes  yes  ·    ·    ·    ·    ·    ·    ·    ·
    staff:contact_request:list        ·    yes  yes  yes  yes  ·    ·    yes  ·    ·    ·
    staff:contact_request:read        ·    yes  yes  yes  yes  ·    ·    yes  ·    ·    ·
    staff:contact_request:update      ·    yes  ·    yes  yes  ·    ·    yes  ·    ·    ·
    staff:contact_request:answer      ·    yes  ·    yes  yes  ·    ·    yes  ·    ·    ·
    staff:outbox_message:list         ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:recipient:list              ·    yes  yes  yes  yes  ·    ·    yes  ·    ·    ·
    staff:recipient:read              ·    yes  yes  yes  yes  ·    ·    yes  ·    ·    ·
    staff:recipient:create            ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:recipient:update            ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:consent:list                ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:consent:read                ·    yes  yes  yes  yes  ·    ·    yes  ·    ·    ·
    staff:consent:record              ·    yes  ·    yes  yes  ·    ·    ·    ·    ·    ·
    staff:policy_draft:list           ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_draft:read           ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_draft:create         ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_draft:update         ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_draft:submit         ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_draft:review         ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_draft:publish        ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_draft:discard        ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy:withdraw             ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_delivery:read        ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:policy_delivery:create      ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:analytics:read              ·    yes  ·    yes  ·    ·    ·    yes  ·    ·    ·
    staff:disclosure:list             ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:disclosure:create           ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:agency:list                 ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:agency:read                 ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:agency:create               ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:agency:update               ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:agency:confirm              ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:officer:list                ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:officer:read                ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:officer:vet                 ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:officer:suspend             ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:officer:reinstate           ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:officer:recover             ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_request:list          ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_request:read          ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_request:create        ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_request:advance       ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_step:list             ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_target:list           ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_target:choose         ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_request:keep_secret   ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_secrecy_order:list    ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_secrecy_order:confirm ·    yes  ·    ·    ·    ·    ·    ·    ·    ·    ·
    staff:legal_notice:list           ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_hold:list             ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_hold:file             ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_hold:release          ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_custody:list          ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_package:read          ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_package:download      ·    yes  ·    ·    ·    ·    ·    ·    ·    ·    ·
    staff:legal_package:reissue       ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_document:list         ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_document:create       ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_document:delete       ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:legal_document:download     ·    yes  ·    yes  ·    ·    ·    ·    ·    ·    ·
    staff:visibility:read             ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:audit_event:list            ·    yes  yes  yes  ·    ·    ·    ·    ·    ·    ·
    staff:session:list                ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:session:end                 ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:password:update             ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:authenticator:list          ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:authenticator:read          ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:authenticator:add           ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:authenticator:update        ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:authenticator:remove        ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    staff:recovery_code:renew         ·    yes  yes  yes  yes  yes  yes  yes  ·    ·    ·
    customer:customer:read            yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:customer:update          yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:customer_change:list     yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:audit_event:list         yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:account:list             yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:login:read               yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:email:change             yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:email:verify             yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:session:list             yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:session:end              yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:password:update          yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:authenticator:list       yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:authenticator:read       yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:authenticator:add        yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:authenticator:update     yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:authenticator:remove     yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:recovery_code:renew      yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:membership:list          yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:membership:read          yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:membership:update        yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:membership:revoke        yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:membership:leave         yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:invitation:list          yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:invitation:create        yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:invitation:withdraw      yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:invitation:accept        yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:intervention:list        yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:intervention:read        yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:invoice:list             yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:invoice:read             yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:recipient:list           yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:analytics_event:list     yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    public:cookie_consent:read        ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:cookie_consent:record      ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:analytics_event:add        ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    customer:access_record:list       yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:legal_notice:list        yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:disclosure:list          yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    public:purpose:read               ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    customer:consent:list             yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:consent:read             yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:consent:record           yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    public:consent_receipt:verify     ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    customer:contact_request:list     yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:contact_request:create   yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:policy_acceptance:create yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    customer:policy_acceptance:list   yes  ·    ·    ·    ·    ·    ·    ·    ·    ·    ·
    authority:legal_request:list      ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_request:read      ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_request:create    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_request:advance   ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_step:list         ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_colleague:list    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_colleague:add     ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_colleague:remove  ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    public:transparency_report:read   ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    authority:legal_package:read      ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_package:download  ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_document:list     ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_document:create   ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:legal_document:delete   ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    public:policy:list                ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:policy:read                ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:password:assess            ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:password:recover           ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:password:reset             ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:customer:register          ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:customer:confirm           ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:email:verify               ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:email:change               ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:email:undo                 ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:invitation:accept          ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:contact_form:read          ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:contact_request:create     ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:agency:list                ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:officer:register           ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:officer:confirm            ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    public:officer:recover            ·    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes
    authority:officer:read            ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:session:list            ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:session:end             ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:password:update         ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:authenticator:list      ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:authenticator:read      ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:authenticator:add       ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:authenticator:update    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:authenticator:remove    ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
    authority:recovery_code:renew     ·    ·    ·    ·    ·    ·    ·    ·    ·    yes  ·
"""

MEMBERS_TABLE = """
    customer:customer:read            profile
    customer:customer:update          profile
    customer:customer_change:list     profile
    customer:audit_event:list         owner
    customer:account:list             any
    customer:login:read               any
    customer:email:change             any
    customer:email:verify             any
    customer:session:list             any
    customer:session:end              any
    customer:password:update          any
    customer:authenticator:list       any
    customer:authenticator:read       any
    customer:authenticator:add        any
    customer:authenticator:update     any
    customer:authenticator:remove     any
    customer:recovery_code:renew      any
    customer:membership:list          members
    customer:membership:read          any
    customer:membership:update        members
    customer:membership:revoke        members
    customer:membership:leave         any
    customer:invitation:list          members
    customer:invitation:create        members
    customer:invitation:withdraw      members
    customer:invitation:accept        any
    customer:intervention:list        any
    customer:intervention:read        any
    customer:invoice:list             invoices
    customer:invoice:read             invoices
    customer:recipient:list           consents
    customer:disclosure:list          consents
    customer:legal_notice:list        owner
    customer:consent:list             consents
    customer:consent:read             consents
    customer:consent:record           consents
    customer:contact_request:list     any
    customer:contact_request:create   any
    customer:policy_acceptance:create any
    customer:policy_acceptance:list   any
    customer:analytics_event:list     consents
    customer:access_record:list       any
"""
"""What a member of an account needs for each verb there. ``any``: it concerns their own login."""


UNACCEPTING_TABLE = """
    customer:policy_acceptance:create accepting
    customer:policy_acceptance:list   accepting
    customer:login:read               whose login this is
    customer:account:list             leaving: which accounts there are
    customer:membership:read          leaving: one's own place
    customer:membership:leave         leaving
    customer:session:list             protecting oneself
    customer:session:end              protecting oneself, and leaving
    customer:password:update          protecting oneself
    customer:email:change             protecting oneself: a mailbox that others read
    customer:email:verify             protecting oneself: links go to what is verified
    customer:authenticator:list       protecting oneself
    customer:authenticator:read       protecting oneself
    customer:authenticator:add        protecting oneself
    customer:authenticator:update     protecting oneself
    customer:authenticator:remove     protecting oneself
    customer:recovery_code:renew      protecting oneself
    customer:intervention:list        protecting oneself: what was done to the password, and why
    customer:intervention:read        protecting oneself
    customer:consent:list             withdrawing consent
    customer:consent:read             withdrawing consent, and its receipt
    customer:consent:record           withdrawing consent
    customer:recipient:list           withdrawing consent: given to whom
    customer:disclosure:list          withdrawing consent: what it let out
    customer:contact_request:list     asking what the policy means
    customer:contact_request:create   asking what the policy means
    customer:membership:list          taking trust back: from whom
    customer:membership:revoke        taking trust back
    customer:invitation:list          taking trust back: from whom
    customer:invitation:withdraw      taking trust back
    customer:customer:read            one's own data: to see it (LGPD art. 18, II)
    customer:customer:update          one's own data: to correct it (LGPD art. 18, III)
    customer:customer_change:list     one's own data: what became of it, and by whom
    customer:audit_event:list         one's own data: who looked at it
    customer:legal_notice:list        one's own data: which authority got what of it
    customer:analytics_event:list     one's own data: which visits are kept with it
    customer:access_record:list       one's own data, and protecting oneself: who came in as me?
"""
"""What stays open to a login that has not accepted the policy in force, each with its reason.

The rights to one's own data (LGPD art. 18) hang on no acceptance; reading it is the export that
there is today. Reading the policy is public, and so is undoing what a thief did by the links in our
mails. All else of the customer door answers ``policy_acceptance_required``.
"""


def _read(table: str) -> Mapping[str, frozenset[Viewer]]:
    heading, *lines = [line for line in table.splitlines() if line.strip()]
    if heading.split() != list(COLUMNS):
        raise MatrixError(f"permissions: the heading must be: {' '.join(COLUMNS)}")
    permissions: dict[str, frozenset[Viewer]] = {}
    for line in lines:
        name, *cells = line.split()
        if len(cells) != len(COLUMNS) or not set(cells) <= {"yes", "·"} or name in permissions:
            raise MatrixError(f"permissions: {name} is not written as it must be")
        granted = zip(COLUMNS.values(), cells, strict=True)
        permissions[name] = frozenset(viewer for viewer, cell in granted if cell == "yes")
    return permissions


PERMISSIONS: Mapping[str, frozenset[Viewer]] = _read(TABLE)
"""Every verb, with the viewers who may."""


OWNER = "owner"
"""The membership that may everything in its account."""
ANY = "any"

MEMBER_PERMISSIONS: tuple[str, ...] = (
    "profile",
    "invoices",
    "support",
    "backups",
    "consents",
    "members",
)
"""What an owner can let others do in the account (promise P24)."""


def _read_members(table: str) -> Mapping[str, str]:
    needed: dict[str, str] = {}
    for line in filter(str.strip, table.splitlines()):
        verb, permission = line.split()
        if verb in needed or permission not in {*MEMBER_PERMISSIONS, OWNER, ANY}:
            raise MatrixError(f"permissions: {verb} is not written as it must be")
        needed[verb] = permission
    return needed


NEEDED_OF_MEMBERS: Mapping[str, str] = _read_members(MEMBERS_TABLE)
"""Each verb of the customer door, with what it needs of a member."""


def _read_open(table: str) -> frozenset[str]:
    lines = [line.split(maxsplit=1) for line in filter(str.strip, table.splitlines())]
    verbs = frozenset(verb for verb, _why in lines)
    if len(verbs) != len(lines) or not verbs <= NEEDED_OF_MEMBERS.keys():
        raise MatrixError("permissions: a verb stands twice, or is none of the customer door")
    return verbs


OPEN_TO_THE_UNACCEPTING: frozenset[str] = _read_open(UNACCEPTING_TABLE)
"""The verbs of the customer door that ask for no acceptance of the policy."""


def member_may(held: Collection[str], verb: str) -> bool:
    """Whether a membership with these permissions may. A verb that is not in the table: no."""
    needed = NEEDED_OF_MEMBERS.get(verb)
    return needed is not None and (OWNER in held or needed == ANY or needed in held)


def may(viewer: Viewer, permission: str) -> bool:
    """Whether the viewer may. A verb that is not in the table is refused to everyone."""
    return viewer in PERMISSIONS.get(permission, frozenset())
