from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from odoo import models

from ...tools.xero_client import XeroClient


class XeroKindRemoved(models.AbstractModel):
    """Stands for the kind of exports whose add-on was uninstalled.

    The exports are kept as the record of what is in Xero. What was not sent is skipped, and what is in Xero stays as it is there.
    """
    _name = 'xero.kind.removed'
    _inherit = 'xero.kind'
    _description = "Kind of Document in Xero: its add-on was uninstalled"

    _has_contact = False
    _xero_endpoint = ''
    _xero_id = ''

    def _label(self) -> str:
        return self.env._("Uninstalled")

    def _desired_state(self, export: models.BaseModel) -> str:
        return 'pending'    # nobody knows

    def _undone_words(self, export: models.BaseModel) -> str:
        return self.env._("The add-on that sent %(document)s to Xero was uninstalled.", document=export.document_name)

    def _deleted_words(self, export: models.BaseModel) -> str:
        return self._undone_words(export)

    def _kind_now(self, export: models.BaseModel) -> None:
        return None

    def _identity(self, element: dict, total: Decimal | float | str | None = None) -> tuple:
        return ()

    def _look_back(self, client: XeroClient, exports: models.BaseModel, since: datetime | None) -> Iterator[dict]:
        return iter(())
