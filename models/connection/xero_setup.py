from typing import NamedTuple

from psycopg2.errors import UniqueViolation

from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ...const import ADMIN_ROLE, REFERENCE_LISTS, USER_ROLE
from ...tools.quiet import mute_logger_in_thread
from .companies import in_all_companies

STEPS = ('app', 'connect', 'mapping', 'invoice')
PORTAL_URL = 'https://developer.xero.com/app/manage'
NAMES_MOST = 3          # in a sentence
SUGGESTED_MOST = 300    # undecided rows for which suggestions are counted: each costs a comparison of names


class Progress(NamedTuple):
    """How far the set-up of a company is, as its user sees it."""
    company: models.BaseModel
    apps: models.BaseModel          # those that can ask for access
    connection: models.BaseModel    # may be empty
    is_read: bool                   # whether all lists of the organisation were read
    decided: int                    # rows of the mapping
    undecided: int
    suggested: int                  # undecided rows with a suggestion; not counted if there are very many
    synced: models.BaseModel        # the last export that is in Xero
    lacks_documents: bool           # connected, but there is nothing to export since the first day of the export

    @property
    def is_connected(self):
        return self.connection.status == 'connected'

    @property
    def done(self):
        """The names of the steps that are done. Only the data decides: no step is done by a click."""
        return {
            name for name, is_done in (
                ('app', self.apps or self.connection.organisation_name),
                ('connect', self.is_connected),
                ('mapping', self.connection and self.is_read and self.decided and not self.undecided),
                ('invoice', self.synced),
            ) if is_done}


class XeroSetup(models.AbstractModel):
    """The way of a company from nothing to its first invoice in Xero, in four steps, and how far it is.

    The words of the steps are records of Odoo's onboarding (`data/onboarding_data.xml`), and so are the actions that open them
    (`hooks/onboarding_onboarding_step.py`). Odoo's records of progress are kept up to date; they decide nothing here.
    """
    _name = 'xero.setup'
    _description = "Set-Up of the Export to Xero"

    # === THE SCREEN === #

    @api.model
    def retrieve_setup(self):
        """Return the steps for the company in which the user works.

        :return: dict of `steps`; `company`, its name if there are several; `notice`, a sentence for users who cannot set up, and no
            steps then; `can_ask`, whether they can ask somebody who can; `completed`, a sentence when all is done; `is_moving`, whether
            something goes on that the user waits for.
        :raise AccessError: the user has no role of the add-on.
        """
        self._check_user()
        company = self.env.company
        if not self.env.user.has_group(ADMIN_ROLE):
            return {'steps': [], 'company': '', 'completed': '', 'is_moving': False, **self._prepare_for_user(company)}
        progress = self._progress(company)
        onboarding = self.env.ref('account_xero.onboarding_onboarding_xero').sudo()
        records = {name: self._record(name) for name in STEPS}
        self._keep_progress(onboarding, onboarding.browse().step_ids.union(*(records[name] for name in progress.done)))
        return {
            'steps': [self._prepare_step(name, records[name], progress) for name in STEPS],
            'company': company.name if len(self.env.user.company_ids) > 1 else '',
            'notice': '', 'can_ask': False,
            'completed': onboarding.text_completed if len(progress.done) == len(STEPS) else '',
            'is_moving': self._is_moving(progress),
        }

    def _prepare_for_user(self, company):
        """Return `notice` and `can_ask` for a user who cannot set up."""
        connection = company.sudo()._xero_connection()
        if connection.status == 'connected':
            return {'notice': self._connected_words(connection), 'can_ask': False}
        if asked := self.env['xero.ask'].sudo()._words_of_set_up(company):
            return {'notice': asked, 'can_ask': False}
        return {'notice': self._ask_words(company), 'can_ask': bool(connection._admins_of(company))}

    @api.model
    def ask_to_set_up(self):
        """Ask the invoice admins of the company in which the user works to set up its export.

        :return: the notification for the user.
        :raise AccessError: the user has no role of the add-on.
        """
        self._check_user()
        return self.env['xero.ask'].sudo()._ask_to_set_up(self.env.company.sudo())

    def _check_user(self):
        """:raise AccessError: the user has no role of the add-on."""
        if not self.env.user.has_group(USER_ROLE):
            raise AccessError(self.env._("Only users of the export to Xero can see how far it is set up. Ask a system administrator for the role Xero / User."))

    def _record(self, name):
        """Return Odoo's record of a step, in sudo: users may not read it."""
        return self.env.ref(f'account_xero.onboarding_onboarding_step_{name}').sudo()

    def _prepare_step(self, name, record, progress):
        """Return what the screen shows of a step.

        :return: dict of `name`, `title`, `description`, `is_done`, `done_text`, `lines` (sentences), `copies` (`label`, `value`), `links`
            (`label`, `url`), and `buttons` (`label`, `method` of `onboarding.onboarding.step`, `is_primary`).
        """
        is_done = name in progress.done
        return {
            'name': name, 'title': record.title, 'description': record.description, 'is_done': is_done, 'done_text': record.done_text,
            'lines': [], 'copies': [], 'links': [],
            **getattr(self, f'_prepare_{name}')(progress, is_done),
            'buttons': [
                {'label': label, 'method': method, 'is_primary': not is_done}
                for label, method in getattr(self, f'_buttons_{name}')(record, progress, is_done)],
        }

    def _prepare_app(self, progress, is_done):
        if is_done:
            return {'lines': [self.env._("App: %(apps)s", apps=', '.join(progress.apps.mapped('name')))] if progress.apps else []}
        app = self.env['xero.app'].new()
        lines = [
            self.env._("At Xero, choose the type “Web app”. The name of the app there must not contain “Xero”."),
            self.env._("Paste the redirect URI. Then copy the client ID and a new client secret to Odoo. Xero shows a secret only once."),
        ]
        if warning := app._refused_address_words():
            lines.append(warning)
        return {
            'lines': lines,
            'copies': [
                {'label': self.env._("Redirect URI"), 'value': app.redirect_uri},
                {'label': self.env._("Login URL, for Xero's app launcher (optional)"), 'value': app.login_url},
            ],
            'links': [{'label': self.env._("Open Xero's developer site"), 'url': PORTAL_URL}],
        }

    def _buttons_app(self, record, progress, is_done):
        return [(self.env._("Open the app") if is_done else record.button_text, record.panel_step_open_action_name)]

    def _prepare_connect(self, progress, is_done):
        connection = progress.connection
        if is_done:
            return {'lines': [self._connected_words(connection)]}
        words = connection and connection.status != 'draft' and self._state_words(connection)
        return {'lines': [words] if words else []}

    def _buttons_connect(self, record, progress, is_done):
        if 'app' not in progress.done:
            return []
        if is_done or progress.connection.status == 'paused':
            label = self.env._("Open the connection")
        else:
            label = self.env._("Reauthenticate") if progress.connection.status == 'reauthenticate' else record.button_text
        return [(label, record.panel_step_open_action_name)]

    def _prepare_mapping(self, progress, is_done):
        connection = progress.connection
        if not progress.is_connected and not progress.is_read:
            return {}
        if not progress.is_read:
            done = connection.reference_progress
            return {'lines': [
                self.env._("Accounts and tax rates are being read from Xero: %(progress)s.", progress=done) if done
                else self.env._("Accounts and tax rates are being read from Xero.")]}
        return {'lines': [self._rows_words(progress)] if progress.decided or progress.undecided else []}

    def _rows_words(self, progress):
        """Return how many rows of the mapping are decided, suggested and open."""
        return self.env._(
            "%(total)s rows: %(decided)s decided, %(suggested)s suggested, %(open)s open.", total=progress.decided + progress.undecided,
            decided=progress.decided, suggested=progress.suggested, open=progress.undecided - progress.suggested)

    def _buttons_mapping(self, record, progress, is_done):
        if not progress.is_read:
            return []
        if not progress.decided and not progress.undecided:
            return [(record.button_text, record.panel_step_open_action_name)]
        label = self.env._("Decide the open rows") if progress.undecided else self.env._("Open the mapping")
        return [
            *([(self.env._("Use the suggestions…"), 'action_open_step_xero_suggestions')] if progress.suggested else []),
            (label, record.panel_step_open_action_name), (self.env._("Map the chart…"), 'action_open_step_xero_chart')]

    def _prepare_invoice(self, progress, is_done):
        connection, lines, links = progress.connection, [], []
        if is_done:
            lines.append(self.env._("%(document)s is in Xero.", document=progress.synced.document_name))
            if progress.synced.xero_url:
                links.append({'label': self.env._("Open it in Xero"), 'url': progress.synced.xero_url})
        if connection.waiting_count:
            lines.append(connection.forecast + '.' if connection.forecast else '')
        if connection.failed_count:
            lines.append(self.env._("Failed documents: %(count)s.", count=connection.failed_count))
        if progress.lacks_documents:
            lines.append(self.env._(
                "There is no invoice or bill since %(date)s yet. A new one is exported when it is confirmed.",
                date=format_date(self.env, connection.export_start_date)))
        return {'lines': list(filter(None, lines)), 'links': links}

    def _buttons_invoice(self, record, progress, is_done):
        if not progress.connection.organisation_name:
            return []
        first = (self.env._("Create an invoice"), 'action_open_step_xero_new_invoice') if progress.lacks_documents else (
            record.button_text, record.panel_step_open_action_name)
        buttons = [first, (self.env._("Check another period"), 'action_open_step_xero_period')]
        if progress.connection.failed_count or is_done:
            buttons.append((self.env._("Open the exports"), 'action_open_step_xero_exports'))
        return buttons

    def _is_moving(self, progress):
        """Return whether lists are read, or documents are on their way: the screen then loads itself again."""
        if not progress.is_connected:
            return False
        Export = self.env['xero.export']
        moving = Domain('connection_id', '=', progress.connection.id) & Export._moving_domain()
        return not progress.is_read or bool(Export.search_count(moving, limit=1))

    # === HOW FAR IT IS === #

    def _progress(self, company):
        connection = self._connection(company)
        counts = self.env['xero.chart']._count(connection, SUGGESTED_MOST)
        synced = self.env['xero.export'].search([('connection_id', '=', connection.id), ('state', '=', 'synced')], order='id desc', limit=1)
        return Progress(
            company, self._apps(), connection,
            is_read=bool(connection) and all(connection._reference_moment(name) for name in REFERENCE_LISTS),
            decided=counts['decided'], undecided=counts['suggested'] + counts['open'], suggested=counts['suggested'],
            synced=synced,
            lacks_documents=connection.status == 'connected' and not synced and not self.env['xero.check']._has_documents_since_start(connection))

    def _apps(self):
        """Return the apps of the user that can ask for access: one that a company has serves the others too."""
        return in_all_companies(self).env['xero.app'].search([]).filtered(lambda app: app.has_client_secret and app._has_usable_address())

    def _apps_for_another(self):
        """Return the apps of the user that can serve another connection: a custom connection of Xero has one organisation."""
        return self._apps().filtered(lambda app: app.app_type != 'custom' or not app.connection_count)

    @api.model
    def _default_app(self):
        """Return the app of a new connection, if there is only one that the user can choose."""
        App = self.env['xero.app']
        if not App.has_access('read'):
            return App
        apps = self._apps_for_another().with_env(self.env)._filtered_access('read')
        return apps if len(apps) == 1 else App

    def _connection(self, company):
        """Return the connection whose set-up a company's user continues; none if none is begun.

        It is the company's own one; else one that may serve it, rather one that works.
        """
        Connection = self.env['xero.connection']
        connections = Connection.search([('company_ids', 'parent_of', company.id)])
        own = company.sudo()._xero_connection()
        if own.id in connections.ids:
            return Connection.browse(own.id)
        return connections.sorted(lambda connection: (connection.status != 'connected', connection.status == 'draft', connection.id))[:1]

    def _keep_progress(self, onboarding, done):
        """Have Odoo's records of onboarding say which steps are done.

        :param done: `onboarding.onboarding.step`, in sudo.
        """
        new = done.filtered(lambda step: step.current_step_state == 'not_done')
        if onboarding.current_progress_id and not new:
            return
        try:
            with mute_logger_in_thread('odoo.sql_db'), self.env.cr.savepoint():
                onboarding._search_or_create_progress()
                new.action_set_just_done()
        except UniqueViolation:
            pass    # another tab has just done the same

    # === BEGINNING A STEP === #

    def _check_role(self):
        """:raise AccessError: the user is no invoice admin."""
        if not self.env.user.has_group(ADMIN_ROLE):
            raise AccessError(self._ask_words(self.env.company))

    def _begun_connection(self):
        """Return the connection of the user's company, to which an organisation belongs.

        :raise AccessError: the user is no invoice admin.
        :raise UserError: there is none yet.
        """
        self._check_role()
        connection = self._connection(self.env.company)
        if not connection.organisation_name:
            raise UserError(self.env._("%(company)s is not connected to Xero yet. Connect it first.", company=self.env.company.name))
        return connection

    def _new_connection(self):
        """Make a connection for the user's company, to be authorised at Xero.

        :return: the connection, or none if the user has to choose between several apps.
        :raise UserError: no app can ask for access.
        """
        apps = self._apps_for_another()
        if not apps:
            raise UserError(self.env._("No app can ask for access to Xero. Enter the client ID and the client secret of one first."))
        Connection = in_all_companies(self).env['xero.connection']
        if len(apps) > 1:
            return Connection
        company = self.env.company
        made = Connection.create({'name': company.name, 'app_id': apps.id, 'company_ids': [Command.set(company.ids)]})
        return made.with_env(self.env)

    def _check_since_start(self, connection):
        """Return the dialog with the check of the documents since the first day of the export, or the one that asks for a period."""
        check = self.env['xero.check'].create({'connection_id': connection.id, 'date_from': connection.export_start_date})
        _moves, obstacle = check._period_moves()    # there are none, or too many
        return connection.action_check() if obstacle else check.action_check()

    # === WORDS === #

    def _connected_words(self, connection):
        """Return to which organisation a connection exports, and since when, as a sentence."""
        return self.env._(
            "Documents are exported to %(organisation)s (%(country)s, %(currency)s) from %(date)s on.",
            organisation=connection.organisation_name, country=connection.country_code, currency=connection.currency_id.name,
            date=format_date(self.env, connection.export_start_date))

    def _ask_words(self, company):
        """Return who can set up the export of a company, as a sentence."""
        admins = self.env['xero.connection']._admins_of(company)
        names = ', '.join(admins[:NAMES_MOST].mapped('name')) or self.env._("a system administrator")
        return self.env._("Only invoice admins set up the export to Xero. Ask %(admins)s.", admins=names)

    @api.model
    def _state_words(self, connection):
        """Return how a connection stands, as one sentence or two.

        :param connection: in sudo, or none.
        """
        if not connection:
            return self.env._("Documents of this company are not exported to Xero yet.")
        if connection.status == 'draft':
            return self.env._("Nobody has allowed the access at Xero yet.")
        if connection.status != 'connected':
            return connection.status_reason or dict(connection._fields['status']._description_selection(self.env))[connection.status]
        if connection.failed_count:
            return self.env._("It works. Failed documents: %(count)s.", count=connection.failed_count)
        return self.env._("It works; %(forecast)s.", forecast=connection.forecast) if connection.forecast else self.env._("It works.")
