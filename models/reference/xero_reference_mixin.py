from odoo import api, fields, models

from .xero_status import status_label

ACTIVE = 'ACTIVE'
ARCHIVED = 'ARCHIVED'
DELETED = 'DELETED'


class XeroReferenceMixin(models.AbstractModel):
    """A cached list of Xero, so that people can choose from it and documents can be checked before they are sent.

    Only `_upsert` writes rows, each time the list is read. An element that Xero no longer lists keeps its row, with the status
    `DELETED`, because a mapping may refer to it and has to show that it was deleted.
    """
    _name = 'xero.reference.mixin'
    _description = "Xero Reference Data"

    _xero_key = 'xero_id'       # the field by which an element is recognised
    _code_field = 'name'        # the field by which people recognise it in each organisation

    connection_id = fields.Many2one('xero.connection', required=True, readonly=True, index=True, ondelete='cascade')
    status = fields.Char(string="Status code", readonly=True, help="As Xero writes it: ACTIVE, ARCHIVED or DELETED.")
    status_label = fields.Char(string="Status", compute='_compute_status_label')

    @api.depends('status')
    @api.depends_context('lang')
    def _compute_status_label(self):
        for row in self:
            row.status_label = status_label(self.env, row.status)

    def _is_usable(self):
        """Return whether documents may use it now; False for an empty record."""
        return self.status == ACTIVE

    def _upsert(self, connection, vals_list, complete=True):
        """Update the cached rows of a connection to the elements that were read, without a query for each row.

        :param list vals_list: values of one element each, without the connection.
        :param bool complete: the list is complete, so elements that are not in it were deleted in Xero.
        """
        key = self._xero_key
        values_by_key = {vals[key]: vals for vals in vals_list}
        domain = [('connection_id', '=', connection.id)]
        if not complete:
            domain.append((key, 'in', list(values_by_key)))
        known = self.search(domain).grouped(key)
        to_create = []
        for value, vals in values_by_key.items():
            rows = known.pop(value, None)
            if rows is None:
                to_create.append({'connection_id': connection.id, **vals})
                continue
            for row in rows:
                changed = {name: new for name, new in vals.items() if row[name] != new}
                if changed:
                    row.write(changed)
        self.create(to_create)
        if complete:
            self.concat(*known.values()).filtered(lambda row: row.status != DELETED).write({'status': DELETED})
