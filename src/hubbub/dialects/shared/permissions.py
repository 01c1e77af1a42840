"""What an account's role must allow for a request, in the words that roles are written in.

The words came with Restcomm's roles (Restcomm Connect user guide, "Accounts API"); one role means the same in
every dialect, whichever API an account uses.
"""

from typing import Final

READ_CONFERENCES: Final = "RestComm:Read:Conferences"
MODIFY_CONFERENCES: Final = "RestComm:Modify:Conferences"
READ_CALLS: Final = "RestComm:Read:Calls"
CREATE_CALLS: Final = "RestComm:Create:Calls"
MODIFY_CALLS: Final = "RestComm:Modify:Calls"
DELETE_CALLS: Final = "RestComm:Delete:Calls"
READ_RECORDINGS: Final = "RestComm:Read:Recordings"
CREATE_RECORDINGS: Final = "RestComm:Create:Recordings"
MODIFY_RECORDINGS: Final = "RestComm:Modify:Recordings"
DELETE_RECORDINGS: Final = "RestComm:Delete:Recordings"
