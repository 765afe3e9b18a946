import uuid

from odoo import api, fields, models

from ...const import NAME_LENGTH
from ...exceptions import XeroRefused, XeroUnauthorised, XeroUnknownOutcome
from ...tools.client_action import NOTIFY, notice
from ...tools.xero_elements import element_messages
from ...tools.xero_text import clean_line
from ..reference.reader import ReferenceReader


class XeroMapping(models.Model):
    """*Create in Xero*: a person requests a missing tax rate or tracking option, and the connection's slice creates it."""
    _inherit = 'xero.mapping'

    can_create = fields.Boolean(compute='_compute_can_create', help="Whether the target can be created in Xero.")
    creation = fields.Json(readonly=True, help="The requested element, until it is created in Xero.")
    creation_user_id = fields.Many2one('res.users', readonly=True, ondelete='set null')
    creation_error = fields.Char(readonly=True)

    @api.depends(lambda self: ('is_decided', 'creation', *self._thing_fields('_domain_depends')))
    def _compute_can_create(self):
        for mapping in self:
            mapping.can_create = not mapping.is_decided and not mapping.creation and mapping._thing()._can_create(mapping)

    # === REQUEST === #

    def action_create_dialog(self):
        """Open the dialog that shows the element to create and asks for confirmation."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Create in Xero"),
            'res_model': 'xero.mapping.create',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_mapping_id': self.id},
        }

    def _prepare_creation(self, name):
        """Return the element to create with a name, as JSON data."""
        return self._thing()._prepare_creation(self, clean_line(name, NAME_LENGTH))

    # === IN THE SLICE === #

    def _create_in_xero(self, client):
        """Create the requested element, unless Xero has it already, and save the outcome.

        The outcome is read from Xero's list afterwards, not from the answer to the call.

        :param client: `XeroClient` of the row's connection.
        :raise XeroUnauthorised: access is lost. A missing scope is not raised, but saved as the outcome.
        :raise XeroError: the list could not be read.
        """
        self.ensure_one()
        thing, reader = self._thing(), ReferenceReader(self.connection_id, client)
        reader.refresh([thing._reference_list])
        error = self._name_trouble(self.creation['Name'])
        if not error and not self._created():
            try:
                answer = client.write('PUT', *thing._creation_request(self), str(uuid.uuid4()))
                error = ' '.join(message for element in answer.elements(thing._answer_list) for message in element_messages(element))
            except XeroRefused as refusal:
                error = refusal.message
            except XeroUnauthorised as refusal:
                if refusal.kind != 'scope':
                    raise
                error = self.env._("The consent does not cover settings in Xero")
            except XeroUnknownOutcome:
                pass    # the list shows whether Xero has created it
            reader.refresh([thing._reference_list])
        self._settle_creation(self._created(), error or self._name_trouble(self.creation['Name']))

    def _created(self):
        """Return the target with the requested name and content, or an empty record."""
        named = self._targets_named(self.creation['Name']).filtered(lambda target: self._thing()._is_wanted(self, target))
        return named if len(named) == 1 else named.browse()

    def _targets_named(self, name):
        """Return the active targets with a name. Xero compares names without regard to case."""
        targets = self._target().search(self._thing()._name_domain(self))
        return targets.filtered(lambda target: (target.name or '').strip().casefold() == name.strip().casefold())

    def _name_trouble(self, name):
        """Return, for people, why nothing can be created with this name. Empty if no reason is known."""
        return self._thing()._name_trouble(self, name)

    def _settle_creation(self, target, error):
        """Save the outcome of a creation and notify the person who requested it."""
        user = self.creation_user_id
        self.write({'creation': False, 'creation_error': False if target else error or self.env._("Xero did not create it. Try again.")})
        if target:
            self.write({self._target_field(): target.id, 'decided_by': 'person', 'decided_by_id': user.id, 'decided_at': fields.Datetime.now()})
            self._release()
        user._bus_send(NOTIFY, notice(
            'success' if target else 'danger',
            self.env._("%(item)s is in Xero now.", item=target.display_name) if target
            else self.env._("%(item)s was not created in Xero: %(error)s", item=self.source_name, error=self.creation_error)))
