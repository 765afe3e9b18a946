from odoo import api, models

from ..connection.companies import in_all_companies


class OnboardingOnboardingStep(models.Model):
    """The actions that open the steps of the set-up. `xero.setup` knows how far they are."""
    _inherit = 'onboarding.onboarding.step'

    @api.model
    def action_open_step_xero_app(self):
        """Open the form of the app, or of a new one; the list, if there are several.

        :raise AccessError: the user is no invoice admin.
        """
        setup = self.env['xero.setup']
        setup._check_role()
        apps = in_all_companies(setup).env['xero.app'].search([], limit=2)
        if len(apps) > 1:
            return self.env['ir.actions.act_window']._for_xml_id('account_xero.xero_app_action')
        return {
            'type': 'ir.actions.act_window',
            'name': apps.name or self.env._("The app at Xero"),
            'res_model': 'xero.app',
            'res_id': apps.id,
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'dialog_size': 'extra-large'},
        }

    @api.model
    def action_open_step_xero_connect(self):
        """Go to Xero's consent page for the connection of the company, which is made if there is none; open it if it needs no consent.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: no app can ask for access.
        """
        setup = self.env['xero.setup']
        setup._check_role()
        connection = setup._connection(self.env.company)
        if connection.status in ('connected', 'paused'):
            return {**connection._action_open(), 'target': 'current'}
        connection = connection or setup._new_connection()
        if not connection:
            return {
                'type': 'ir.actions.act_window',
                'name': self.env._("New connection"),
                'res_model': 'xero.connection',
                'views': [(False, 'form')],
            }
        return connection.with_context(xero_origin='setup').action_connect()

    @api.model
    def action_open_step_xero_mapping(self):
        """Open the mapping: what is not decided if there is any, else all. Open the dialog that adds rows if there are none.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: nothing is connected yet.
        """
        connection = self.env['xero.setup']._begun_connection()
        return connection.action_open_mapping() if connection.mapping_ids else self.action_open_step_xero_chart()

    @api.model
    def action_open_step_xero_suggestions(self):
        """Open the dialog in which suggestions for the mapping are used together.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: nothing is connected yet, or nothing is suggested.
        """
        connection = self.env['xero.setup']._begun_connection()
        return self.env['xero.mapping'].search([('connection_id', '=', connection.id), ('is_decided', '=', False)]).action_suggest_dialog()

    @api.model
    def action_open_step_xero_chart(self):
        """Open the dialog that adds the accounts and taxes that documents will need to the mapping.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: nothing is connected yet.
        """
        return self.env['xero.chart.map']._open_for(self.env['xero.setup']._begun_connection())

    @api.model
    def action_open_step_xero_invoice(self):
        """Check the documents since the first day of the export, and show the result.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: nothing is connected yet.
        """
        setup = self.env['xero.setup']
        return setup._check_since_start(setup._begun_connection())

    @api.model
    def action_open_step_xero_new_invoice(self):
        """Open the form of a new customer invoice.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: nothing is connected yet.
        """
        self.env['xero.setup']._begun_connection()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('account.action_move_out_invoice_type'),
            'views': [(False, 'form')],
            'context': {'default_move_type': 'out_invoice'},
        }

    @api.model
    def action_open_step_xero_period(self):
        """Open the dialog that checks a period.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: nothing is connected yet.
        """
        return self.env['xero.setup']._begun_connection().action_check()

    @api.model
    def action_open_step_xero_exports(self):
        """Open the exports of the connection, the failed ones if there are any.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: nothing is connected yet.
        """
        connection = self.env['xero.setup']._begun_connection()
        return connection.with_context(xero_filters=['failed'] if connection.failed_count else []).action_open_exports()
