from itertools import zip_longest

from odoo import models

from ...const import BATCH_CONTACTS
from ...tools.xero_elements import element_messages, element_ok


class XeroConnection(models.Model):
    """Who the contact of a document is, whose data it has, how it comes to Xero before the document, and what happens when Xero merged it
    meanwhile."""
    _inherit = 'xero.connection'

    # === BEFORE THE DOCUMENTS === #

    def _with_contact(self, exports, run):
        """Return the exports whose contact is in Xero as it should be, by what was read of Xero's contacts."""
        links = self.env['xero.contact']._match(self, self._partners_of(exports.move_id))
        ready = links.keys() - self._contact_changes(links).keys()
        return exports.filtered(lambda export: self._partner_of(export.move_id) in ready)

    def _contact_changes(self, links):
        """Return dict partner → (contact, element of `POST /Contacts`) for what Xero has to be told, where Odoo leads.

        :param dict links: partner → contact.
        """
        if self.contact_leads != 'odoo':
            return {}
        changes = {partner: (contact, contact._change()) for partner, contact in links.items() if not contact._problem()}
        return {partner: (contact, element) for partner, (contact, element) in changes.items() if element}

    def _send_contacts(self, exports, run):
        """Send what changed on the contacts that these documents wait for, else create those that are missing: one request."""
        by_partner = exports.grouped(lambda export: self._partner_of(export.move_id))
        for export in by_partner.pop(self.env['res.partner'], ()):
            self._fail_before_sending(export, [self._partner_problem(export.move_id)], run)
        partners = self.env['res.partner'].union(*by_partner)
        groups, failed = self._contain(
            list(partners), lambda some: self._prepare_contacts(partners.browse().union(*some)), run, lambda partner: by_partner[partner])
        changes, payloads = groups[0] if groups else ({}, {})
        if failed:
            self._commit()      # the others in the next step, together again
        elif changes:
            self._change_contacts(changes, by_partner, run)
        else:
            self._create_contacts(payloads, by_partner, run)

    def _prepare_contacts(self, partners):
        """Return what Xero has to be told of partners: changes as `_contact_changes` does if there are any, else payloads of new contacts."""
        changes = self._contact_changes(self.env['xero.contact']._match(self, partners))
        return changes, {} if changes else self.env['xero.contact']._payloads(self, partners)

    @staticmethod
    def _contacts_at_once(by_partner):
        """Return how many contacts go into one request: as many as documents would, fewer after one of them spoilt a body."""
        return min(BATCH_CONTACTS, *(exports._batch_limit() for exports in by_partner.values()))

    def _change_contacts(self, changes, by_partner, run):
        # Partners that were merged there are one contact: one request says one thing about it
        chosen = {contact.xero_id: (partner, contact, element) for partner, (contact, element) in changes.items()}
        chosen = list(chosen.values())[:self._contacts_at_once(by_partner)]
        for partner, contact, _element in chosen:
            for warning in contact._detail_warnings(partner):
                by_partner[partner]._warn(warning)
        self._send(self._freeze(
            'contact', 'Contacts', self.env['xero.export'].union(*(by_partner[partner] for partner, _contact, _element in chosen)),
            [element for _partner, _contact, element in chosen],
            [{'partner': partner.id, 'number': contact.number} for partner, contact, _element in chosen], 'POST'), run)

    def _create_contacts(self, payloads, by_partner, run):
        elements, frozen, carried = [], [], self.env['xero.export']
        for partner, payload in payloads.items():
            if payload.problems:
                self._fail_before_sending(by_partner[partner], payload.problems, run)
            elif len(elements) < self._contacts_at_once(by_partner):
                by_partner[partner].warning = '\n'.join(payload.warnings) or False
                elements.append(payload.element)
                frozen.append({'partner': partner.id, 'number': payload.element['ContactNumber']})
                carried |= by_partner[partner]
        if elements:
            self._send(self._freeze('contact', 'Contacts', carried, elements, frozen), run)
        else:
            self._commit()

    def _settle_contacts(self, request, elements, run):
        """Keep what Xero answered of the contacts; the documents that waited for them wait for nothing else now.

        :param list elements: of the answer.
        :return: exports that failed with their contact.
        """
        none = self.env['xero.export']
        waiting = request.export_ids.filtered(lambda export: export.state in ('sending', 'uncertain'))
        by_partner = waiting.grouped(lambda export: self._partner_of(export.move_id).id)
        groups, broken = self._contain(
            list(self._pair_contacts(request, elements)), lambda some: self._settle_pairs_of_contacts(request, some, by_partner, run), run,
            lambda pair: by_partner.get(pair[0]['partner'], none))
        failed, later = none.union(*(failed for failed, _later in groups)), none.union(*(later for _failed, later in groups))
        (waiting - failed - broken).write({'state': 'waiting', 'batch_limit': 0})
        later._try_later()
        return failed

    def _settle_pairs_of_contacts(self, request, pairs, by_partner, run):
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
                self._decline_change(frozen, sent, element_messages(element), exports)
            elif element and 'contacts' in run.reread:
                for export in exports:
                    export._settle_refused(element_messages(element))
                failed |= exports
            elif request.method == 'POST':
                later |= exports
            else:
                # Somebody may have made the contact in Xero since we read them: look before giving up
                run.contacts_stale = True
        self._remember_contacts(taken, request.method == 'PUT')
        return failed, later

    def _declined_whole(self, request, error):
        """Let the documents go that waited for a change of one contact whose body Xero refused as a whole.

        :param XeroRefused error: what the call raised.
        :return: whether the request was such a change.
        """
        if request.kind != 'contact' or request.method != 'POST' or len(request.frozen) > 1:
            return False
        self._decline_change(request.frozen[0], request._elements()[0], [error.message], request.export_ids)
        return True

    def _decline_change(self, frozen, element, messages, exports):
        """Let the documents go that waited for a change of a contact that Xero refused: the contact is there, as it was.

        :param dict frozen: what the request remembers of the element.
        :param dict element: as it was sent.
        """
        contact = self.env['xero.contact'].search(
            [('connection_id', '=', self.id), ('xero_id', '=', element['ContactID']), ('partner_id', '=', frozen['partner'])])
        if contact:
            exports._warn(contact._decline_change(element, messages))

    def _pair_contacts(self, request, elements):
        """Return tuples of what a request froze, what it sent and what was answered of each contact, None for nothing."""
        if request.method == 'PUT':
            answered = {element.get('ContactNumber'): element for element in elements}
            elements = [answered.get(frozen['number']) for frozen in request.frozen]
        return zip_longest(request.frozen, request._elements(), elements[:len(request.frozen)])

    def _remember_contacts(self, taken, are_new):
        """Link contacts that were created, and note what Xero was told.

        :param dict taken: partner → element that was sent, and the answer.
        """
        Contact = self.env['xero.contact']
        if are_new:
            Contact._adopt_all(self, {partner: element for partner, (_sent, element) in taken.items()}, 'created')
        for contact in Contact.search([('connection_id', '=', self.id), ('partner_id', 'in', [partner.id for partner in taken])]):
            contact._note_sent(taken[contact.partner_id][0])

    # === MERGED === #

    def _look_closer(self, request, refused, run):
        result = super()._look_closer(request, refused, run)
        stale = refused.filtered(lambda export: request.kind != 'contact' and export.cause == 'contact')
        if stale and 'contacts' not in run.reread:
            self._follow_moved(stale, run)
        return result

    def _follow_moved(self, exports, run):
        """Read the contacts again that Xero refused: documents of those that were merged into another go out again, to that one."""
        Contact, partners = self.env['xero.contact'], self._partners_of(exports.move_id)
        before = {partner: contact.xero_id for partner, contact in Contact._match(self, partners).items()}
        run.reread.add('contacts')
        self._refresh_reference(run.client, only=['contacts'])
        moved = [partner for partner, contact in Contact._match(self, partners).items() if contact.xero_id != before.get(partner)]
        again = exports.filtered(lambda export: self._partner_of(export.move_id) in moved)._requeue(by_hand=False)
        run.failed -= len(again)
        self._commit()
