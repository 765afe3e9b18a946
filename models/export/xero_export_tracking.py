import json

from odoo import models

from ..kinds.xero_document_parts import is_nothing


class XeroExport(models.Model):
    """Xero drops tracking that it does not like without a word, so what it stored is compared with what it got."""
    _inherit = 'xero.export'

    def _settle_saved(self, element, frozen=None):
        result = super()._settle_saved(element, frozen)
        if frozen and self.connection_id._tracked() and 'LineItems' in element:
            dropped = self._dropped_tracking(element)
            if dropped:
                self.warning = '\n'.join(filter(None, [self.warning, self.env._(
                    "Xero left out the tracking of %(count)s lines, the first of them “%(line)s”. Choose it there, and check the categories of "
                    "%(connection)s.", count=len(dropped), line=dropped[0], connection=self.connection_id.name)]))
        return result

    def _dropped_tracking(self, element):
        """Return the texts of the lines that Xero stored with other options than it got.

        :param dict element: Xero's answer, with its lines.
        """
        sent = json.loads(self.sent_element or '{}').get('LineItems', [])
        return [
            line.get('Description') for line, stored in zip(sent, element['LineItems'])
            if self._options(line) != self._options(stored) and not is_nothing(stored)]

    @staticmethod
    def _options(line):
        return {option.get('TrackingOptionID') for option in line.get('Tracking') or ()}
