import json

from markupsafe import Markup

from odoo import api, fields, models

from ...tools.xero_money import json_number


class XeroExport(models.Model):
    """Both versions of a document that a person has to decide about, side by side."""
    _inherit = 'xero.export'

    both_versions = fields.Json(readonly=True, copy=False, help="The parts that differ: `ours` as they would go out, `xeros` as Xero holds them.")
    versions = fields.Html(string="Both versions", compute='_compute_versions', sanitize=False)

    def _keep_versions(self, ours, xeros):
        """Remember the parts that differ of what Odoo has and what Xero holds.

        :param dict ours: element as it would go out, and its `Total`.
        :param dict xeros: element that Xero holds, or that was sent last.
        """
        parts = self._kind()._differing_parts(ours, xeros)
        both = {'ours': {name: ours[name] for name in parts}, 'xeros': {name: xeros[name] for name in parts if xeros.get(name) is not None}}
        self.both_versions = json.loads(json.dumps(both, default=json_number)) if parts else False

    @api.depends('both_versions', 'difference')
    @api.depends_context('lang')
    def _compute_versions(self):
        head = Markup('<thead><tr><th></th><th>%s</th><th>%s</th></tr></thead>') % (self.env._("In Odoo"), self.env._("In Xero"))
        for export in self:
            both = export.difference and export.both_versions
            export.versions = both and Markup('<table class="table table-sm mb-0 o_xero_versions">%s<tbody>%s</tbody></table>') % (
                head, Markup().join(export._version_row(name, both) for name in both['ours']))

    def _version_row(self, name, both):
        kind = self._kind()
        cells = (Markup('<br/>').join(kind._readable(self, name, both[side])) for side in ('ours', 'xeros'))
        return Markup('<tr><th>%s</th><td>%s</td><td>%s</td></tr>') % (kind._part_labels().get(name, name).capitalize(), *cells)
