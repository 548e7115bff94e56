"""The ledger of threat ids on its branch, over a forge: the same compare and swap as over a clone."""

from dataclasses import dataclass

from bot.forge import Forge, ForgeError
from bot.ledger import BRANCH, FILE, NoLedgerError


@dataclass(frozen=True)
class ForgeLedger:
    """The ledger of a repository (`owner/name`)."""

    forge: Forge
    repository: str

    @property
    def where(self) -> str:
        """The branch and the repository."""
        return f"the branch {BRANCH} of {self.repository}"

    def read(self) -> tuple[str, str]:
        """The ledger's text and the object id it was read under. NoLedgerError where there is none."""
        found = self.forge.read_file(FILE, BRANCH)
        if found is None:
            raise NoLedgerError(f"there is no {FILE} on {self.where}: run threatshelf ids init.")
        return found

    def replace(self, token: str, text: str) -> bool:
        """Whether the text took the place of what was read. False: refused, somebody was faster, or nobody knows."""
        try:
            return self.forge.replace_file(FILE, BRANCH, token, text)
        except ForgeError:
            # Whether it was written after all is seen by reading again, which is what comes next.
            return False
