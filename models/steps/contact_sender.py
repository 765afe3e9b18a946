"""The contacts of documents: created, changed and settled in Xero before the documents that need them."""
from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from odoo import models

from ...const import BATCH_CONTACTS
from ...exceptions import XeroRefused
from ...tools.xero_elements import element_messages, element_ok
from ...tools.xero_money import dump_list, dumps
from .preparation import Preparation

if TYPE_CHECKING:
    from ...tools.xero_response import XeroAnswer
    from .slice import Slice


class ContactSender(Preparation):
    """Sends the contacts of waiting documents.

    Public attribute: `are_stale`, whether Xero refused new contacts that may have been created there since contacts were read.
    """

    def __init__(self, slice: Slice) -> None:
        """Prepare for a slice.

        :param Slice slice: the one that sends.
        """
        super().__init__(slice)
        self.are_stale = False

    # === BEFORE THE DOCUMENTS === #

    def with_contact(self, exports: models.BaseModel) -> models.BaseModel:
        """Return the exports whose contact is in Xero without changes to be sent, by the contacts as last read."""
        partners = partners_of(exports)
        links = self.env['xero.contact']._match(self.connection, self.env['res.partner'].union(*partners.values()))
        ready = links.keys() - self._changes(links).keys()
        return exports.filtered(lambda export: partners[export] in ready)

    def _changes(self, links):
        """Return dict partner → (contact, element of `POST /Contacts`) for contacts to be changed, if Odoo leads.

        :param dict links: partner → contact.
        """
        if self.connection.contact_leads != 'odoo':
            return {}
        changes = {partner: (contact, contact._change()) for partner, contact in links.items() if not contact._problem()}
        return {partner: (contact, element) for partner, (contact, element) in changes.items() if element}

    def send(self, exports: models.BaseModel) -> None:
        """Change the contacts of these documents, or if none is to be changed, create the missing ones: in one request."""
        current, connection = self.slice, self.connection
        by_partner = exports.grouped(partners_of(exports).get)
        for export in by_partner.pop(self.env['res.partner'], ()):
            current.sender.fail_before_sending([(export, [connection._partner_problem(export.document_name)])])
        partners = self.env['res.partner'].union(*by_partner)
        groups, failed = current.contain(
            list(partners), lambda some: self._prepare(partners.browse().union(*some)), lambda partner: by_partner[partner])
        changes, payloads = groups[0] if groups else ({}, {})
        if failed:
            current.commit()      # the others are in the next batch
        elif changes:
            self._send_changes(changes, by_partner)
        else:
            self._create(payloads, by_partner)

    def _prepare(self, partners):
        """Return a tuple: changes as of `_changes`, and payloads of new contacts, which are empty if there are changes."""
        changes = self._changes(self.env['xero.contact']._match(self.connection, partners))
        return changes, {} if changes else self.env['xero.contact']._payloads(self.connection, partners)

    @staticmethod
    def _most_at_once(by_partner):
        """Return the maximum number of contacts in one request: lower after Xero refused a whole body because of one of them."""
        return min(BATCH_CONTACTS, *(exports._batch_limit() for exports in by_partner.values()))

    def _send_changes(self, changes, by_partner):
        # Partners that were merged in Xero are one contact, which a request must change only once
        by_contact = {contact.xero_id: (partner, contact, element) for partner, (contact, element) in changes.items()}
        chosen = list(by_contact.values())[:self._most_at_once(by_partner)]
        for partner, contact, _element in chosen:
            for warning in contact._detail_warnings(partner):
                by_partner[partner]._warn(warning)
        sender = self.slice.sender
        sender.send(sender.freeze(
            'contact', 'Contacts', self.env['xero.export'].union(*(by_partner[partner] for partner, _contact, _element in chosen)),
            dump_list('Contacts', [dumps(element) for _partner, _contact, element in chosen]),
            [{'partner': partner.id, 'number': contact.number} for partner, contact, _element in chosen], 'POST'))

    def _create(self, payloads, by_partner):
        elements, frozen, carried, sender = [], [], self.env['xero.export'], self.slice.sender
        for partner, payload in payloads.items():
            if payload.problems:
                sender.fail_before_sending([(export, payload.problems) for export in by_partner[partner]])
            elif len(elements) < self._most_at_once(by_partner):
                by_partner[partner].warning = '\n'.join(payload.warnings) or False
                elements.append(dumps(payload.element))
                frozen.append({'partner': partner.id, 'number': payload.element['ContactNumber']})
                carried |= by_partner[partner]
        if elements:
            sender.send(sender.freeze('contact', 'Contacts', carried, dump_list('Contacts', elements), frozen))
        else:
            self.slice.commit()

    # === SETTLING === #

    def settle(self, request: models.BaseModel, answer: XeroAnswer) -> models.BaseModel:
        none, elements = self.env['xero.export'], answer.elements('Contacts')
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
        """Settle contacts by their answered elements.

        :param list pairs: of (frozen, sent, element or None).
        :param dict by_partner: partner's id → exports that wait for it.
        :return: tuple of exports that failed with their contact, and exports that must be tried later.
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
                # The contact may have been created in Xero since contacts were read: read them again before the exports fail
                self.are_stale = True
        self._store(taken, request.method == 'PUT')
        return failed, later

    def decline_whole(self, request: models.BaseModel, error: XeroRefused) -> bool:
        # Without a change, documents go with the contact as it is in Xero; not without a new contact
        if request.method != 'POST' or len(request.frozen) > 1:
            return False
        self._decline(request.frozen[0], request._elements()[0], [error.message], request.export_ids)
        return True

    def _decline(self, frozen, element, messages, exports):
        """Add a warning to the documents that waited for a refused change of a contact: they are sent with the contact as it is in Xero.

        :param dict frozen: the request's values for the element.
        :param dict element: as it was sent.
        """
        contact = self.env['xero.contact'].search([
            ('connection_id', '=', self.connection.id), ('xero_id', '=', element['ContactID']), ('partner_id', '=', frozen['partner'])])
        if contact:
            exports._warn(contact._decline_change(element, messages))

    @staticmethod
    def _pair(request, elements):
        """Return, for each contact of a request, a tuple: frozen values, element sent, element answered or None."""
        if request.method == 'PUT':
            answered = {element.get('ContactNumber'): element for element in elements}
            elements = [answered.get(frozen['number']) for frozen in request.frozen]
        return zip_longest(request.frozen, request._elements(), elements[:len(request.frozen)])

    def _store(self, taken, are_new):
        """Link created contacts, and store what was sent.

        :param dict taken: partner → (element sent, element answered).
        """
        Contact, connection = self.env['xero.contact'], self.connection
        if are_new:
            Contact._adopt_all(connection, {partner: element for partner, (_sent, element) in taken.items()}, 'created')
        for contact in Contact.search([('connection_id', '=', connection.id), ('partner_id', 'in', [partner.id for partner in taken])]):
            contact._note_sent(taken[contact.partner_id][0])

    def follow_up(self) -> None:
        if self.are_stale:
            self.are_stale = False
            self.slice.reread_contacts()
            self.slice.commit()

    # === WITHOUT AN ANSWER === #

    def reread(self) -> None:
        self.slice.reread_contacts()

    def repeat(self, request: models.BaseModel) -> None:
        lost = request.export_ids.filtered(lambda export: export.state == 'uncertain')
        # A repeated change does no harm, so a first one is repeated immediately
        known = lost if request.method == 'POST' and request.tries == 1 else self.with_contact(lost)
        known._set_waiting_again(next_try_at=False, wait_code=False)
        self.slice.contain(lost - known, lambda some: some._try_later())
        (lost - known).batch_limit = (len(request.frozen) + 1) // 2

    # === MERGED IN XERO === #

    def follow_moved(self, exports: models.BaseModel) -> None:
        """Read contacts again after Xero refused some: documents whose contact was merged into another one are sent again, with that one."""
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
    """Return a dict: export → partner whose contact its document has in Xero."""
    return {export: kind._partner(export) for kind, alike in exports._by_kind() for export in alike}
