import json
from dataclasses import replace

from odoo import models

from ...const import ITEM_LIST
from ..reference.item_codes import ItemCodes
from ..reference.xero_item import item_key
from .xero_payload import Payload

# What Xero's refusals of an item speak of; "line item" is the line itself
_ABOUT_ITEMS = ('item', 'inventory', 'stock', 'on hand')


class XeroKindItems(models.AbstractModel):
    """The items of the lines of a document: an extra for Xero's reports by item, which never stops a document."""
    _name = 'xero.kind.items'
    _inherit = 'xero.kind.change'
    _description = "Kind of Document in Xero: items of lines"

    _has_items = True

    def _item_codes(self, connection: models.BaseModel, lines: models.BaseModel) -> dict:
        """Return a dict: product of some lines → code of its item in Xero. Empty if the policy is off, and before the items were read."""
        if not connection.sends_item_codes or not connection._reference_moment(ITEM_LIST):
            return {}
        codes, use = self._item_choices(connection, lines), 'sale' if self._is_sale else 'purchase'
        return {product: code for product in codes.choices if (code := codes.code(product, use))}

    def _item_choices(self, connection: models.BaseModel, lines: models.BaseModel) -> ItemCodes:
        return ItemCodes(connection, lines.filtered(lambda line: line.display_type == 'product').product_id)

    def _build_update(self, built: Payload, remote: dict) -> Payload | None:
        return super()._build_update(self._without_old_items(built, remote), remote)

    def _without_old_items(self, built, remote):
        """Return the document as built, with an empty code for each line with an amount that has one of ours in Xero and shall have none.

        For a line with an id, Xero keeps what is not sent. A code that a person entered there stays.
        """
        lines, theirs = built.element.get('LineItems') or [], remote.get('LineItems') or []
        if not built.export.connection_id.sends_item_codes or not any(
                other.get('ItemCode') and 'ItemCode' not in line for line, other in zip(lines, theirs)):
            return built
        ours = {
            item_key(line['ItemCode']) for version in built.export._sent_versions() for line in version.get('LineItems') or ()
            if line.get('ItemCode')}
        cleared = [
            {**line, 'ItemCode': ''} if 'ItemCode' not in line and 'UnitAmount' in line and item_key(other.get('ItemCode')) in ours else line
            for line, other in zip(lines, theirs)]
        return replace(built, element={**built.element, 'LineItems': [*cleared, *lines[len(cleared):]]})

    def _leave_out_refused(self, export: models.BaseModel, messages: list) -> bool:
        return self._leave_out_items(export, messages) or super()._leave_out_refused(export, messages)

    def _leave_out_items(self, export, messages):
        """Mark the items that Xero refused on the lines of a document, if it was about items: the next try goes without them.

        :param list messages: Xero's own words.
        :return: whether the document had such items.
        """
        words = ' '.join(messages).lower().replace('line item', '')
        if not any(about in words for about in _ABOUT_ITEMS):
            return False
        lines = json.loads(export.sent_element or '{}').get('LineItems', ())
        codes = {line['ItemCode'] for line in lines if line.get('ItemCode')}
        named = {code for code in codes if f"'{code.lower()}'" in words} or codes
        items = self.env['xero.item'].search([('connection_id', '=', export.connection_id.id), ('code_key', 'in', list(map(item_key, named)))])
        items.filtered(lambda item: item._is_usable())._refuse(' '.join(messages))
        return bool(items)
