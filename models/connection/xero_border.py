from odoo import Command, api, models
from odoo.exceptions import AccessError
from odoo.fields import NO_ACCESS

RELATIONAL = ('many2one', 'many2many', 'one2many')
INDEX = 2 ** 31     # ids are below


class XeroBorder(models.AbstractModel):
    """Checks values from outside (a browser, or any program that uses RPC) before they are written to our records.

    Odoo does not check whether a user may read the record that a relational value names, and `readonly=True` only affects screens. Our own
    code writes guarded fields in sudo.
    """
    _name = 'xero.border'
    _description = "What Comes in from Outside"

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_given(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_given(vals)
        return super().write(vals)

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if not self.env.su:
            # Neither the context in a form's address nor a user-defined default may set guarded fields
            for name in self._guarded_fields() & values.keys():
                del values[name]
                default = self._fields[name].default
                if default:
                    values[name] = self._fields[name].convert_to_write(default(self), self)
            self._check_records(values)
        return values

    def onchange(self, values, field_names, fields_spec):
        self._check_records(values)
        return super().onchange(values, field_names, fields_spec)

    # === CHECKS === #

    @api.model
    def _check_given(self, vals):
        """Check values that are written.

        :raise AccessError: they set a guarded field, or name a record that the user may not read.
        """
        if self.env.su:
            return
        if closed := sorted(self._guarded_fields() & vals.keys()):
            labels = self.fields_get(closed, ['string'])
            raise AccessError(self.env._(
                "%(fields)s of a %(model)s cannot be edited: only the export writes it. Leave it out.",
                fields=', '.join(f"{labels[name]['string']} ({name})" if name in labels else name for name in closed),
                model=self.env['ir.model']._get(self._name).display_name))
        self._check_records(vals)

    @api.model
    def _guarded_fields(self):
        """Return the names of the fields that only our own code writes."""
        return set()

    @api.model
    def _check_records(self, vals):
        """Check that the user may read the records that values name."""
        if not self.env.su:
            self._check_readable(self, vals, vals)

    @api.model
    def _check_readable(self, records, vals, names):
        """Check that the user may read the records that some values name. The values may be of any model.

        :param records: of the model that is written.
        :param names: keys of `vals`.
        :raise AccessError: the user may not read one of them.
        """
        for name in names:
            field, value = records._fields.get(name), vals.get(name)
            if field and field.type in RELATIONAL and value:
                self.env[field.comodel_name].browse(self._given_ids(field, value)).check_access('read')

    @staticmethod
    def _given_ids(field, value):
        """Return the ids in a value of a relation, in any form that Odoo takes, that of a command or a form included."""
        if isinstance(value, models.BaseModel):
            return value.ids
        if isinstance(value, dict):
            value = value.get('id')
        if field.type == 'many2one':
            value = value[:1] if isinstance(value, (list, tuple)) else [value]
        ids = []
        for item in value if isinstance(value, (list, tuple, set)) else ():
            if not isinstance(item, (list, tuple)):
                ids.append(item)
            elif item and item[0] == Command.SET:
                ids += item[2]
            elif item and item[0] in (Command.LINK, Command.UPDATE):
                ids.append(item[1])
        ids = [given for given in ids if given]      # the ids of new records in a form are false
        if not all(type(given) is int for given in ids):     # PostgreSQL reads "5" and 5.0 as 5, Odoo does not
            raise ValueError(f"Wrong value for {field}: {value!r}")
        return [given for given in dict.fromkeys(ids) if 0 < given < INDEX]


class XeroGuarded(models.AbstractModel):
    """Records whose fields with `readonly=True` are written by our own code only."""
    _name = 'xero.guarded'
    _inherit = 'xero.border'
    _description = "Fields That Nobody Edits"

    @api.model
    def _guarded_fields(self):
        return {
            name for name, field in self._fields.items()
            if field.readonly and field.store and not field.compute and not field.related and name not in models.MAGIC_COLUMNS
            and field._module == 'account_xero'}


class XeroRouted(models.AbstractModel):
    """Records of Odoo's own on which users choose records of ours, such as a journal's connection.

    The user must be allowed to read the chosen record: otherwise the message of a later refusal would disclose its name.
    """
    _name = 'xero.routed'
    _description = "Record That Names a Connection"

    _xero_record_fields = ()    # the fields that are checked

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_xero_records(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_xero_records(vals)
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        self._check_xero_records(values)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _check_xero_records(self, vals):
        """Check that the user may read the records that values name.

        :raise AccessError: the user may not.
        """
        if not self.env.su:
            self.env['xero.border']._check_readable(self, vals, self._xero_record_fields)


class XeroDialog(models.AbstractModel):
    """A dialog: it belongs to the person who opened it (see the record rules), and names records that this person may read."""
    _name = 'xero.dialog'
    _inherit = 'xero.border'
    _description = "Dialog for Xero"

    def _check_mine(self):
        """Check, before a button acts, that the dialog is the user's and that the user may still read the records that it names.

        :raise AccessError: one of both is not the case.
        """
        self.ensure_one()
        self.check_access('read')
        for name, field in self._fields.items():
            if field.type in ('many2one', 'many2many') and field.store and name not in models.MAGIC_COLUMNS and field.groups != NO_ACCESS:
                self.sudo()[name].with_env(self.env).check_access('read')

    def _open_large(self, title):
        """Return the action that opens the dialog in a large window.

        :param str title: translated.
        """
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': title,
            'res_model': self._name,
            'res_id': self.id,
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'dialog_size': 'extra-large'},
        }
