"""The contacts of documents: created, changed and settled in Xero before the documents that need them."""
from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from odoo import models

from ...const import BATCH_CONTACTS
from ...exceptions import XeroRefused
from ...tools.xero_elements import element_messages, element_ok

if TYPE_CHECKING:
    from .slice import Slice


class ContactSender:
    """Sends the contacts that documents wait for.

    Public attribute: `are_stale`, whether Xero refused contacts that somebody may have made there since they were read.
    """

    def __init__(self, slice: Slice) -> None:
        """Prepare for a slice.

        :param Slice slice: the one that sends.
        """
        self.slice = slice
        self.connection = slice.connection
        self.env = slice.env
        self.are_stale = False

    # === BEFORE THE DOCUMENTS === #

    def with_contact(self, exports: models.BaseModel) -> models.BaseModel:
        """Return the exports whose contact is in Xero as it should be, by what was read of Xero's contacts."""
        partners = partners_of(exports)
        links = self.env['xero.contact']._match(self.connection, self.env['res.partner'].union(*partners.values()))
        ready = links.keys() - self._changes(links).keys()
        return exports.filtered(lambda export: partners[export] in ready)

    def _changes(self, links):
        """Return dict partner → (contact, element of `POST /Contacts`) for what Xero has to be told, where Odoo leads.

        :param dict links: partner → contact.
        """
        if self.connection.contact_leads != 'odoo':
            return {}
        changes = {partner: (contact, contact._change()) for partner, contact in links.items() if not contact._problem()}
        return {partner: (contact, element) for partner, (contact, element) in changes.items() if element}

    def send(self, exports: models.BaseModel) -> None:
        """Send what changed on the contacts that these documents wait for, else create those that are missing: one request."""
        current, connection = self.slice, self.connection
        by_partner = exports.grouped(partners_of(exports).get)
        for export in by_partner.pop(self.env['res.partner'], ()):
            current.sender.fail_before_sending([(export, [connection._partner_problem(export.document_name)])])
        partners = self.env['res.partner'].union(*by_partner)
        groups, failed = current.contain(
            list(partners), lambda some: self._prepare(partners.browse().union(*some)), lambda partner: by_partner[partner])
        changes, payloads = groups[0] if groups else ({}, {})
        if failed:
            current.commit()      # the others in the next batch, together again
        elif changes:
            self._send_changes(changes, by_partner)
        else:
            self._create(payloads, by_partner)

    def _prepare(self, partners):
        """Return what Xero has to be told of partners: changes as `_changes` does if there are any, else payloads of new contacts."""
        changes = self._changes(self.env['xero.contact']._match(self.connection, partners))
        return changes, {} if changes else self.env['xero.contact']._payloads(self.connection, partners)

    @staticmethod
    def _most_at_once(by_partner):
        """Return how many contacts go into one request: as many as documents would, fewer after one of them spoilt a body."""
        return min(BATCH_CONTACTS, *(exports._batch_limit() for exports in by_partner.values()))

    def _send_changes(self, changes, by_partner):
        # Partners that were merged there are one contact: one request says one thing about it
        by_contact = {contact.xero_id: (partner, contact, element) for partner, (contact, element) in changes.items()}
        chosen = list(by_contact.values())[:self._most_at_once(by_partner)]
        for partner, contact, _element in chosen:
            for warning in contact._detail_warnings(partner):
                by_partner[partner]._warn(warning)
        sender = self.slice.sender
        sender.send(sender.freeze(
            'contact', 'Contacts', self.env['xero.export'].union(*(by_partner[partner] for partner, _contact, _element in chosen)),
            [element for _partner, _contact, element in chosen],
            [{'partner': partner.id, 'number': contact.number} for partner, contact, _element in chosen], 'POST'))

    def _create(self, payloads, by_partner):
        elements, frozen, carried, sender = [], [], self.env['xero.export'], self.slice.sender
        for partner, payload in payloads.items():
            if payload.problems:
                sender.fail_before_sending([(export, payload.problems) for export in by_partner[partner]])
            elif len(elements) < self._most_at_once(by_partner):
                by_partner[partner].warning = '\n'.join(payload.warnings) or False
                elements.append(payload.element)
                frozen.append({'partner': partner.id, 'number': payload.element['ContactNumber']})
                carried |= by_partner[partner]
        if elements:
            sender.send(sender.freeze('contact', 'Contacts', carried, elements, frozen))
        else:
            self.slice.commit()

    # === SETTLING === #

    def settle(self, request: models.BaseModel, elements: list) -> models.BaseModel:
        """Keep what Xero answered of the contacts; the documents that waited for them can go now.

        :param list elements: of the answer.
        :return: exports that failed with their contact.
        """
        none = self.env['xero.export']
        waiting = request.export_ids.filtered(lambda export: export.state in ('sending', 'uncertain'))
        by_partner = {partner.id: exports for partner, exports in waiting.grouped(partners_of(waiting).get).items()}
        groups, broken = self.slice.contain(
            list(self._pair(request, elements)), lambda some: self._settle_pairs(request, some, by_partner),
            lambda pair: by_partner.get(pair[0]['partner'], none))
        failed, later = none.union(*(failed for failed, _later in groups)), none.union(*(later for _failed, later in groups))
        (waiting - failed - broken)._set_waiting_again(batch_limit=0)
        later._try_later()
        return failed

    def _settle_pairs(self, request, pairs, by_partner):
        """Settle contacts by what was answered for each.

        :param list pairs: of (frozen, sent, element or None).
        :param dict by_partner: partner's id → exports that wait for it.
        :return: tuple of exports that failed with their contact, and exports that have to try again later.
        """
        failed, later, taken = self.env['xero.export'], self.env['xero.export'], {}
        for frozen, sent, element in pairs:
            exports = by_partner.get(frozen['partner'], failed.browse())
            if element and element_ok(element, 'ContactID'):
                taken[self.env['res.partner'].browse(frozen['partner'])] = (sent, element)
            elif element and request.method == 'POST':
                self._decline(frozen, sent, element_messages(element), exports)
            elif element and 'contacts' in self.slice.reread:
                for export in exports:
                    export._settle_refused(element_messages(element))
                failed |= exports
            elif request.method == 'POST':
                later |= exports
            else:
                # Somebody may have made the contact in Xero since we read them: look before giving up
                self.are_stale = True
        self._remember(taken, request.method == 'PUT')
        return failed, later

    def decline_whole(self, request: models.BaseModel, error: XeroRefused) -> bool:
        """Let the documents go that waited for a change of one contact whose body Xero refused as a whole.

        :param XeroRefused error: what the call raised.
        :return: whether the request was such a change.
        """
        if request.kind != 'contact' or request.method != 'POST' or len(request.frozen) > 1:
            return False
        self._decline(request.frozen[0], request._elements()[0], [error.message], request.export_ids)
        return True

    def _decline(self, frozen, element, messages, exports):
        """Let the documents go that waited for a change of a contact that Xero refused: the contact is there, as it was.

        :param dict frozen: what the request remembers of the element.
        :param dict element: as it was sent.
        """
        contact = self.env['xero.contact'].search([
            ('connection_id', '=', self.connection.id), ('xero_id', '=', element['ContactID']), ('partner_id', '=', frozen['partner'])])
        if contact:
            exports._warn(contact._decline_change(element, messages))

    @staticmethod
    def _pair(request, elements):
        """Return tuples of what a request froze, what it sent and what was answered of each contact, None for nothing."""
        if request.method == 'PUT':
            answered = {element.get('ContactNumber'): element for element in elements}
            elements = [answered.get(frozen['number']) for frozen in request.frozen]
        return zip_longest(request.frozen, request._elements(), elements[:len(request.frozen)])

    def _remember(self, taken, are_new):
        """Link contacts that were created, and note what Xero was told.

        :param dict taken: partner → element that was sent, and the answer.
        """
        Contact, connection = self.env['xero.contact'], self.connection
        if are_new:
            Contact._adopt_all(connection, {partner: element for partner, (_sent, element) in taken.items()}, 'created')
        for contact in Contact.search([('connection_id', '=', connection.id), ('partner_id', 'in', [partner.id for partner in taken])]):
            contact._note_sent(taken[contact.partner_id][0])

    # === MERGED IN XERO === #

    def follow_moved(self, exports: models.BaseModel) -> None:
        """Read the contacts again that Xero refused: documents of those that were merged into another go out again, to that one."""
        current, connection = self.slice, self.connection
        if 'contacts' in current.reread:
            return
        Contact, partner_of = self.env['xero.contact'], partners_of(exports)
        partners = self.env['res.partner'].union(*partner_of.values())
        before = {partner: contact.xero_id for partner, contact in Contact._match(connection, partners).items()}
        current.reread_contacts()
        moved = [partner for partner, contact in Contact._match(connection, partners).items() if contact.xero_id != before.get(partner)]
        again = exports.filtered(lambda export: partner_of[export] in moved)._requeue(by_hand=False)
        current.failed -= len(again)
        current.commit()


def partners_of(exports: models.BaseModel) -> dict:
    """Return, by export, the partner that is the contact of its document in Xero."""
    return {export: kind._partner(export) for kind, alike in exports._by_kind() for export in alike}
