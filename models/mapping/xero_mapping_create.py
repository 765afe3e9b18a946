import uuid
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import float_compare

from ...const import NAME_LENGTH
from ...exceptions import XeroRefused, XeroUnauthorised, XeroUnknownOutcome
from ...tools.xero_elements import element_messages
from ...tools.xero_money import dumps, json_number, to_decimal
from ...tools.xero_text import clean_line
from ..reference.reader import ReferenceReader
from ..reference.xero_reference_mixin import ACTIVE
from ..reference.xero_tax_rate import RATE_DIGITS

# How a new rate counts on the country's tax return, by use and whether it charges anything; elsewhere Xero asks for none [P 7.2]
REPORT_TYPES = {
    'AU': {('sale', True): 'OUTPUT', ('sale', False): 'EXEMPTOUTPUT', ('purchase', True): 'INPUT', ('purchase', False): 'EXEMPTEXPENSES'},
    'NZ': {('sale', True): 'OUTPUT', ('sale', False): 'ZERORATEDOUTPUT', ('purchase', True): 'INPUT', ('purchase', False): 'NONE'},
    'GB': {('sale', True): 'OUTPUT', ('sale', False): 'ZERORATEDOUTPUT', ('purchase', True): 'INPUT', ('purchase', False): 'ZERORATEDINPUT'},
}
LISTS = {'tax': 'tax_rates', 'tracking': 'tracking'}
ELEMENTS = {'tax': 'TaxRates', 'tracking': 'Options'}


class XeroMapping(models.Model):
    """*Create in Xero*: tax rates and tracking options that are missing there, at a person's wish and by the connection's slice."""
    _inherit = 'xero.mapping'

    can_create = fields.Boolean(compute='_compute_can_create', help="Whether Xero lets us make what the row could go to.")
    creation = fields.Json(readonly=True, help="The element that somebody wants to be created in Xero.")
    creation_user_id = fields.Many2one('res.users', readonly=True, ondelete='set null')
    creation_error = fields.Char(readonly=True)

    @api.depends('is_decided', 'creation', 'category_xero_id')
    def _compute_can_create(self):
        for mapping in self:
            mapping.can_create = not mapping.is_decided and not mapping.creation and bool(
                mapping.category_xero_id if mapping.type == 'tracking' else mapping.type == 'tax' and mapping._components())

    @api.depends('creation', 'creation_error')
    def _compute_decision(self):
        result = super()._compute_decision()
        for mapping in self.filtered(lambda mapping: not mapping.is_decided):
            if mapping.creation:
                mapping.decision = self.env._("Is being created in Xero")
            elif mapping.creation_error:
                mapping.decision = mapping.creation_error
        return result

    # === WHAT WOULD BE CREATED === #

    def _components(self):
        """Return the `TaxComponents` that come to what the taxes charge; none where no rate of Xero's can be like them."""
        taxes = self.tax_ids.flatten_taxes_hierarchy()
        charged = self._added_percent()
        if not taxes or not self._is_plain() or any(tax.amount_type != 'percent' for tax in taxes):
            return []
        amounts = [to_decimal(tax.amount) for tax in taxes]
        plain, last = sum(amounts[:-1], Decimal(0)), amounts[-1]
        for is_compound, rate in ((False, plain + last), (True, plain + last * (1 + plain / 100))):
            if float_compare(float(rate), charged, precision_digits=RATE_DIGITS) == 0:
                return [
                    {'Name': clean_line(tax.name, NAME_LENGTH), 'Rate': json_number(amount), 'IsCompound': is_compound and tax == taxes[-1]}
                    for tax, amount in zip(taxes, amounts)]
        return []

    def _prepare_creation(self, name):
        """Return the element to create under a name, in the form of JSON."""
        name = clean_line(name, NAME_LENGTH)
        if self.type == 'tracking':
            return {'Name': name}
        report_type = REPORT_TYPES.get(self.connection_id.country_code, {}).get((self.use, bool(self._added_percent())))
        return {'Name': name, 'TaxComponents': self._components(), **({'ReportTaxType': report_type} if report_type else {})}

    def action_create_dialog(self):
        """Show what would be created, and ask."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Create in Xero"),
            'res_model': 'xero.mapping.create',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_mapping_id': self.id},
        }

    # === IN THE SLICE === #

    def _create_in_xero(self, client):
        """Create what was asked for, unless it is there already. What Xero has after that is read, not guessed from its answer."""
        self.ensure_one()
        connection = self.connection_id
        ReferenceReader(connection, client).refresh([LISTS[self.type]])
        error = self._name_trouble(self.creation['Name'])
        if not error and not self._created():
            try:
                answer = client.write('PUT', *self._creation_request(), str(uuid.uuid4()))
                error = ' '.join(message for element in answer.elements(ELEMENTS[self.type]) for message in element_messages(element))
            except XeroRefused as refusal:
                error = refusal.message
            except XeroUnauthorised as refusal:
                if refusal.kind != 'scope':
                    raise
                error = self.env._("The consent does not cover settings in Xero")
            except XeroUnknownOutcome:
                pass    # the list tells
            ReferenceReader(connection, client).refresh([LISTS[self.type]])
        self._settle_creation(self._created(), error or self._name_trouble(self.creation['Name']))

    def _creation_request(self):
        """Return path and body."""
        if self.type == 'tracking':
            return f'TrackingCategories/{self.category_xero_id}/Options', dumps(self.creation)
        components = [{**component, 'Rate': Decimal(component['Rate'])} for component in self.creation['TaxComponents']]
        return 'TaxRates', dumps({'TaxRates': [{**self.creation, 'TaxComponents': components}]})

    def _created(self):
        """Return what bears the name now and is what was asked for, or an empty record."""
        named = self._bearers(self.creation['Name']).filtered(self._is_wanted)
        return named if len(named) == 1 else named.browse()

    def _name_trouble(self, name):
        """Say why nothing can be created under a name: another tax rate bears it. Empty if nothing is known against it."""
        if self.type != 'tax':
            return ''
        other = self._bearers(name).filtered(lambda rate: not self._is_wanted(rate))[:1]
        if other and other.use not in (self.use, False):
            return self.env._(
                "Xero has a tax rate %(rate)s already, which is not for these documents. Create it under another name.", rate=other.name)
        if other:
            return self.env._(
                "Xero has a tax rate %(rate)s already, of %(percent)s %%. Create it under another name.",
                rate=other.name, percent=f'{other.rate:.6g}')
        return ''

    def _bearers(self, name):
        """Return what is in use in Xero under a name, which Xero compares without regard to case."""
        of_both_uses = Domain('connection_id', '=', self.connection_id.id) & Domain('status', '=', ACTIVE)
        targets = self._target().search(of_both_uses if self.type == 'tax' else self._target_domain())
        return targets.filtered(lambda target: (target.name or '').strip().casefold() == name.strip().casefold())

    def _is_wanted(self, target):
        """Tell whether the row can go to what bears the name: of a tax rate, whether it comes to the same, for the same use."""
        return self.type != 'tax' or (target.use in (self.use, False) and target._charges(self._added_percent()))

    def _settle_creation(self, target, error):
        user = self.creation_user_id
        self.write({'creation': False, 'creation_error': False if target else error or self.env._("Xero did not create it. Try again.")})
        if target:
            self.write({self._target_field(): target.id, 'decided_by': 'person', 'decided_by_id': user.id, 'decided_at': fields.Datetime.now()})
            self._release()
        user._bus_send('simple_notification', {
            'type': 'success' if target else 'danger',
            'message': self.env._("%(item)s is in Xero now.", item=target.display_name) if target
            else self.env._("%(item)s was not created in Xero: %(error)s", item=self.source_name, error=self.creation_error)})
