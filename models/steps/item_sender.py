"""The items of documents' lines: created in Xero before the documents that need them."""
from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from odoo import models

from ...const import BATCH_ITEMS, ITEM_LIST
from ...exceptions import XeroRefused, XeroUnauthorised
from ...tools.xero_elements import element_messages, element_ok
from ...tools.xero_money import dump_list, dumps
from ..reference.xero_item import REFUSED, item_key
from .preparation import Preparation

if TYPE_CHECKING:
    from ...tools.xero_response import XeroAnswer
    from .slice import Slice


class ItemSender(Preparation):
    """Sends the items of waiting documents. What Xero refuses is noted: its documents go without the code of the item."""

    def __init__(self, slice: Slice) -> None:
        """Prepare for a slice.

        :param Slice slice: the one that sends.
        """
        super().__init__(slice)
        self._refused = {}      # code → Xero's words, of items that may have been created in Xero since the list was read

    # === BEFORE THE DOCUMENTS === #

    def send(self, exports: models.BaseModel) -> bool:
        """Create items that lines of these documents need and Xero does not have, in one request.

        :param exports: due `xero.export` of one kind and company.
        :return: whether there was a request, so that the documents must be looked at again.
        """
        connection, kind = self.connection, exports._kind()
        if not kind._has_items or not connection.sends_item_codes or not connection._reference_moment(ITEM_LIST) or connection._lacks_settings():
            return False
        lines = self.env['account.move.line'].search_fetch(
            [('move_id', 'in', exports.move_id.ids), ('display_type', '=', 'product'), ('product_id', '!=', False)],
            ['move_id', 'product_id', 'display_type'])
        # Lower after Xero refused a whole body because of one item
        most = min([BATCH_ITEMS, *filter(None, exports.mapped('batch_limit'))])
        products = kind._item_choices(connection, lines).missing()[:most]
        elements, _failed = self.slice.contain(
            products, lambda some: [(product, self.env['xero.item']._prepare_element(product)) for product in some],
            tell=self._tell, writes=False)
        pairs = [pair for some in elements for pair in some]
        if pairs:
            self._create(pairs, exports, lines)
        return bool(products)

    def _tell(self, product, error):
        """Note that the item of a product could not be built, in place of failing documents."""
        self.env['xero.item']._refuse_codes(self.connection, {product.default_code: type(error).__name__})

    def _create(self, pairs, exports, lines):
        ids = {product.id for product, _element in pairs}
        moves = lines.filtered(lambda line: line.product_id.id in ids).move_id
        carried = exports.filtered(lambda export: export.move_id in moves)
        sender = self.slice.sender
        request = sender.freeze(
            'item', 'Items', carried, dump_list('Items', [dumps(element) for _product, element in pairs]),
            [{'product': product.id, 'code': element['Code']} for product, element in pairs])
        try:
            sender.send(request)
        except XeroUnauthorised as error:
            if error.kind != 'scope':
                raise
            # The request is settled, the documents wait again
            self.env['xero.item']._refuse_codes(self.connection, {frozen['code']: error.message for frozen in request.frozen})
            self.slice.commit()

    # === SETTLING === #

    def settle(self, request: models.BaseModel, answer: XeroAnswer) -> models.BaseModel:
        Item, taken, refused = self.env['xero.item'], [], {}
        for frozen, element in zip_longest(request.frozen, self._answered(request, answer.elements('Items'))):
            if element and element_ok(element, 'ItemID'):
                taken.append(element)
            if not element or not element_ok(element, 'ItemID') or item_key(element.get('Code')) != item_key(frozen['code']):
                refused[frozen['code']] = ' '.join(element_messages(element)) if element else ''
        Item._upsert(self.connection, [Item._values(element) for element in taken], complete=False)
        self._refused |= refused
        waiting = request.export_ids.filtered(lambda export: export.state in ('sending', 'uncertain'))
        waiting._set_waiting_again(batch_limit=0)
        return waiting.browse()

    @staticmethod
    def _answered(request, elements):
        """Return an answered element or None for each item of a request: by position if all are answered, else by its code."""
        if len(elements) == len(request.frozen):
            return elements
        by_code = {item_key(element.get('Code')): element for element in elements}
        return [by_code.get(item_key(frozen['code'])) for frozen in request.frozen]

    def decline_whole(self, request: models.BaseModel, error: XeroRefused) -> bool:
        if len(request.frozen) > 1:
            return False
        self._refused |= {frozen['code']: error.message for frozen in request.frozen}
        self._note_refused()
        return True

    def follow_up(self) -> None:
        if not self.connection.sends_item_codes:
            return
        marked = self.env['xero.item'].search([('connection_id', '=', self.connection.id), ('status', '=', REFUSED)])
        is_new = bool(self._refused) or any(item.refused_at >= self.slice.start_at for item in marked)
        if is_new and ITEM_LIST not in self.slice.reread:
            self._reread_refused(marked)
        if self._refused:
            self._note_refused()
        if is_new:
            self.slice.commit()

    def _reread_refused(self, marked):
        """Read the items again, in case somebody created, archived or altered them. What is as before stays refused.

        :param marked: `xero.item` that Xero refused.
        """
        before = {item: (item.refusal, item.refused_at, self._facts(item)) for item in marked}
        self.slice.commit()
        self.reread()
        for item, (refusal, refused_at, facts) in before.items():
            if self._facts(item) == facts and (item._is_usable() or not item.xero_id):
                item.write({'status': REFUSED, 'refusal': refusal, 'refused_at': refused_at})

    @staticmethod
    def _facts(item):
        return item.code, item.is_tracked, item.is_sold, item.is_purchased

    def _note_refused(self):
        """Note the items that Xero refused to create and does not list: documents go without them until the next reading."""
        refused, self._refused = self._refused, {}
        self.env['xero.item']._refuse_codes(self.connection, refused)

    # === WITHOUT AN ANSWER === #

    def reread(self) -> None:
        self.slice.reread_items()

    def repeat(self, request: models.BaseModel) -> None:
        # Xero has each code once, so that a repetition creates no second item. After two tries, documents go without
        if request.tries > 1:
            self.env['xero.item']._refuse_codes(self.connection, {frozen['code']: request.error or '' for frozen in request.frozen})
        request.export_ids.filtered(lambda export: export.state == 'uncertain')._set_waiting_again(next_try_at=False, wait_code=False, batch_limit=0)
