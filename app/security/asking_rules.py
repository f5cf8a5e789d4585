"""The rules by which a text is found to ask for a secret: patterns of classes of words.

This is data: whoever finds a text that is refused or let pass by mistake mends it here, or in
`asking_words.py`, and adds the text to `tests/security/texts/`. `asking.py` says how it is read.
"""

from typing import Final

RULES: Final = """
    give          GIVE ~ SECRET
    enter         ENTER ~ SECRET                    | new
    polite        POLITE ~ TO_GIVE ~ SECRET
    polite_enter  POLITE ~ TO_ENTER ~ SECRET        | new
    leave         LEAVE ~ SECRET                    | new vague kept ours
    polite_leave  POLITE ~ TO_LEAVE ~ SECRET        | new vague kept
    read_out      READ - SECRET - ALOUD
    carried       MAKE - BEARER WITH - SECRET       | kept
    note          NOTE - SECRET - PLACE
    note_here     NOTE US+ - SECRET
    noted         SECRET NOTE PLACE
    digits        GIVE ~ DIGITS END
    enter_digits  ENTER ~ DIGITS US
    link          GIVE ~ LINK_SENT
    leave_link    LEAVE ~ LINK_SENT
    need_link     NEED ~ LINK_SENT
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
    form          START - SECRET NOW* COLON STOPPED | new
    blank         SECRET NOW* COLON BLANK           | new
"""
"""Each rule by name, and what must follow what; the first one to fit gives the refusal its name.

`~` is a gap of words out of BRIDGE and two unknown ones at most, none out of STOP; `-` a gap of
BRIDGE alone; `~~` a gap of any few words, into the next sentence at most. `US*` is any number of
them, `US+` at least one. START is where a sentence begins, END where a clause ends, STOPPED where a
line does. No rule fits where a NEGATION or a STRANGER's asking governs its first word. After `|`
stands when else it does not fit: `new`, for a new password that is not sent anywhere; `vague`, for
a secret that is nobody's yet ("a strong password"); `kept`, for one that goes into a KEEPER or
becomes a better one; `ours`, after a SPEAKER; `told`, after a word out of KNOW; `warned`,
after a CONDITION ("if anybody …").
"""
