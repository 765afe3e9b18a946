from odoo import api, models

# The methods that a kind must declare, at least one of each tuple
_REQUIRED = (
    ('_label',), ('_prepare_document',), ('_build',), ('_build_update',), ('_build_void',), ('_key',), ('_identity',), ('_expected_identity',),
    ('_remote_params', '_read_remote'), ('_is_gone',), ('_differing_parts',), ('_part_labels',), ('_queue_missed',))
_REQUIRED_OF_OTHER_DOCUMENTS = (('_connection_of',), ('_desired_state',), ('_undone_words',), ('_recent_writes',))


class XeroKindContract(models.AbstractModel):
    """Finding a kind by its name, and the test of its contract, which the docstring of `xero.kind` describes. `xero.kind` inherits this."""
    _name = 'xero.kind.contract'
    _description = "Kind of Document in Xero: its name and its contract"

    @api.model
    def _named(self, name: str) -> models.BaseModel:
        """Return the kind of a name; `xero.kind.removed` for the kind of an add-on that was uninstalled."""
        model = f'xero.kind.{name}'
        return self.env[model if model in self.env else 'xero.kind.removed']

    def _left_open(self) -> list:
        """Return the names (list) of methods and attributes that a kind must define and this one does not."""
        required = list(_REQUIRED)
        if self._document_field != 'move_id':
            required += _REQUIRED_OF_OTHER_DOCUMENTS
            required += [('_partner',)] if self._has_contact else []
        missing = [' or '.join(names) for names in required if all(self._is_default(name) for name in names)]
        missing += [name for name in ('_xero_endpoint', '_xero_id') if not getattr(self, name)]
        field = self.env['xero.export']._fields.get(self._document_field)
        if field is None:
            return [*missing, '_document_field']
        # The comparison finds the exports of written documents by it
        missing += [] if field.index else ['index of _document_field']
        return missing if self._has_unique_index() else [*missing, 'unique index of _document_field']

    def _is_default(self, name: str) -> bool:
        """Return whether a method is inherited unchanged from `xero.kind`."""
        return getattr(type(self), name) is getattr(type(self.env['xero.kind']), name)

    def _has_unique_index(self) -> bool:
        """Return whether a unique index allows only one export for a document and connection, even with concurrent transactions."""
        Export = type(self.env['xero.export'])
        return any(
            isinstance(index, models.UniqueIndex) and index.get_definition(self.env.registry).startswith(
                f'UNIQUE INDEX (connection_id, {self._document_field})')
            for index in Export._table_objects.values())
