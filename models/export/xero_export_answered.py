from odoo import fields, models

from ...tools.xero_elements import read_datetime
from ..kinds.xero_document_parts import LINE_PARTS


class XeroExport(models.Model):
    """What Xero answered last, and what was sent last, part by part.

    Xero does not store what it gets: it drops the account and tax of lines of 0.00, strips emoji, trims references, normalises line
    ends and spaces. So only what differs from its last answer was changed by somebody there.
    """
    _inherit = 'xero.export'

    answered_parts = fields.Json(readonly=True, copy=False, help="Fingerprint of each part of the document in Xero's last answer. Unknown if empty.")
    seen_parts = fields.Json(readonly=True, copy=False, help="The same, of the version that a person has to decide about.")
    sent_parts = fields.Json(readonly=True, copy=False, help="Fingerprint of each part of the document in Odoo when it was sent. Unknown if empty.")

    def _is_edited(self, held):
        """Return whether somebody changed the document in Xero. Files, notes, allocations, payments, approval, e-mails move its time only."""
        if not self._kind()._is_edited_in_xero or (self.xero_updated_at and self.xero_updated_at == read_datetime(held, 'UpdatedDateUTC')):
            return False
        return bool(self._parts_edited(held))

    def _parts_edited(self, held):
        """Return the names of the parts that somebody changed in Xero since its last answer.

        What we sent since without hearing of it is no such change. Parts that no answer told are compared with what was sent.
        """
        kind = self._kind()
        known, now = self.answered_parts or {}, kind._content_parts(held)
        changed = [name for name, part in now.items() if name in known and part != known[name]]
        if not changed and now.keys() <= known.keys():
            return []
        found = []
        for sent in self._sent_versions():
            differing = kind._edited_parts(sent, held)
            suspects = [name for name in changed if name in differing or name not in sent]
            suspects += [name for name in differing if name not in known]
            if not suspects:
                return []
            found = found or suspects
        return found or changed

    def _take_over(self, held):
        """Nobody changed the content of the document in Xero, so its new time is no sign of that."""
        values = {}
        moment, parts = read_datetime(held, 'UpdatedDateUTC'), {**(self.answered_parts or {}), **self._kind()._content_parts(held)}
        if moment and moment != self.xero_updated_at:
            values['xero_updated_at'] = moment
        if parts != (self.answered_parts or {}):
            values['answered_parts'] = parts
        if values:
            self.write(values)

    def _seen(self):
        """Return the values that make the version a person has seen the last known one."""
        if not self.xero_seen_at:
            return {}
        return {
            'xero_updated_at': self.xero_seen_at, 'xero_seen_at': False,
            'answered_parts': self.seen_parts or self.answered_parts, 'seen_parts': False}

    def _overruled(self):
        """Return the values that have the parts sent which somebody changed in Xero, though they did not change in Odoo."""
        known, seen = self.answered_parts or {}, self.seen_parts or {}
        changed = {name for name, part in seen.items() if known.get(name) != part}
        if 'LineItems' in changed:
            changed |= LINE_PARTS
        return {'sent_parts': {name: part for name, part in (self.sent_parts or {}).items() if name not in changed} or False}
