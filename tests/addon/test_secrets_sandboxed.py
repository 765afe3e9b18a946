"""No sandboxed expression can read a secret in clear: in a mail template, a server action or a computed custom field."""
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo import tools
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from ...tools.crypto import reveal
from ..common import CLIENT_SECRET, clear
from .secrets_common import XeroSecretsCase

APP = "env['xero.app'].sudo().browse({app})"
CONNECTION = "env['xero.connection'].sudo().browse({connection})"
AUTHORIZATION = "env['xero.authorization'].sudo().browse({authorization})"
# The attempts: methods that decrypt, objects that hold the result, and paths between objects
EXPRESSIONS = [
    APP + "._decrypt(" + APP + ".client_secret_encrypted)",
    APP + "._decrypt(" + AUTHORIZATION + ".refresh_token_encrypted)",
    APP + "._cipher()._fernet._encryption_key",
    APP + "._cipher().decrypt(" + AUTHORIZATION + ".access_token_encrypted)",
    APP + "._oauth()._client_secret",
    APP + "._oauth()._session().client_secret",
    APP + ".client_secret",
    APP + ".read(['client_secret', 'client_secret_encrypted'])",
    APP + ".export_data(['client_secret', 'client_secret_encrypted'])['datas']",
    APP + ".copy().read()",
    AUTHORIZATION + "._access_token()",
    AUTHORIZATION + "._read_access_token()",
    AUTHORIZATION + "._access_token(True)",
    AUTHORIZATION + ".read()",
    CONNECTION + ".sudo()._access_token()",
    CONNECTION + ".sudo()._client()",
    CONNECTION + ".sudo()._client()._auth._token",
    CONNECTION + ".sudo()._client()._session.headers",
    CONNECTION + ".sudo()._client()._session.auth",
    "[" + CONNECTION + ".sudo()._client()._auth(" + CONNECTION + ".sudo()._client()._session), " + CONNECTION + ".sudo()._client()._session.headers]",
    CONNECTION + ".sudo()._client()._headers",
    CONNECTION + ".sudo()._client()._token",
    CONNECTION + ".sudo()._client().get('Organisation')",
    # A format reaches what an expression may not name
    "'{{0._access_token.__func__.__globals__}}'.format(" + AUTHORIZATION + ")",
    "'{{0.get.__func__.__globals__[_LINES].data}}'.format(" + CONNECTION + ".sudo()._client())",
    "'{{0._XeroClient__token}}'.format(" + CONNECTION + ".sudo()._client())",
    "'{{0.__dict__}}'.format(" + CONNECTION + ".sudo()._client())",
    "'{{0.__reduce__}} {{0}}'.format(" + AUTHORIZATION + "._access_token())",
    "env.registry['xero.app']._decrypt",
    "env.cr.execute('SELECT * FROM xero_app, xero_authorization') or env.cr.fetchall()",
]
CAUGHT = """
try:
    {call}
except Exception as error:
    text = ''
    for chain in ('', '.__cause__', '.__context__'):
        for depth in range(8):
            for name in ('f_locals', 'f_locals[self]', 'f_locals[response].request.headers', 'f_locals[line].auth._token', 'f_locals[token]'):
                path = '{{0' + chain + '.__traceback__' + '.tb_next' * depth + '.tb_frame.' + name + '}}'
                try:
                    text += path.format(error)
                except Exception:
                    text += ''
    record.sudo().message_post(body='caught ' + error.message + text)
"""


@tagged('post_install', '-at_install')
class TestSandboxedExpressions(XeroSecretsCase):

    @classmethod
    def prepare(cls):
        super().prepare()
        cls.editor = cls._new_user('mail_editor', 'mail.group_mail_template_editor')
        cls.ids = {'app': cls.app.id, 'connection': cls.connection.id, 'authorization': cls.authorization.id}

    def secrets(self):
        """Return the values that must not be shown; the chain may have been renewed meanwhile."""
        self.env.invalidate_all()
        return [
            CLIENT_SECRET, os.environ.get('ACCOUNT_XERO_KEY') or 'fake-secret-none', clear(self.authorization.access_token_encrypted),
            clear(self.authorization.refresh_token_encrypted)]

    def assertNothingIn(self, text, before):
        for secret in [*before, *self.secrets()]:
            self.assertNotIn(secret, text)

    def attempts(self):
        for expression in EXPRESSIONS:
            before = self.secrets()
            with self.subTest(expression=expression), self.env.cr.savepoint():
                yield expression.format(**self.ids), before

    @mute_logger('odoo.tools.safe_eval', 'odoo.addons.mail.models.mail_render_mixin', 'odoo.addons.base.models.ir_qweb', 'odoo.sql_db')
    def test_mail_template(self):
        for user, body in (
            (self.editor, '<t t-out="%s"/>'), (self.editor, '{{ %s }}'), (self.system, '{{ %s }}'), (self.billing, '<t t-out="%s"/>'), (self.admin, '{{ %s }}'),
        ):
            with self.subTest(user=user.login, body=body):
                seen = ''
                for expression, before in self.attempts():
                    source = body % expression.replace('env[', 'object.env[').replace('env.', 'object.env.')
                    text = ''
                    try:
                        text = self.env['mail.template'].with_user(user)._render_template(
                            source, 'res.partner', user.partner_id.ids,
                            engine='qweb' if body.startswith('<') else 'inline_template')[user.partner_id.id]
                    except Exception as error:  # the text may be anything but a secret
                        text = f'{error} {error.__cause__}'
                    self.assertNothingIn(str(text), before)
                    seen += str(text)
                if user in (self.editor, self.system):
                    self.assertIn(self.authorization.refresh_token_encrypted, seen, "the expressions were evaluated")

    @mute_logger('odoo.tools.safe_eval', 'odoo.addons.base.models.ir_actions', 'odoo.sql_db')
    def test_server_action(self):
        for expression, before in self.attempts():
            action = self.env['ir.actions.server'].with_user(self.system).create({
                'name': "Look", 'state': 'code', 'model_id': self.env['ir.model']._get_id('xero.connection'),
                'code': f"record.sudo().message_post(body=str({expression}))"})
            try:
                action.with_context(active_model='xero.connection', active_ids=self.connection.ids, active_id=self.connection.id).run()
            except Exception as error:
                self.assertNothingIn(f'{error} {error.__cause__}', before)
            self.assertNothingIn(str(self.connection.message_ids.mapped('body')), before)

    @mute_logger(
        'odoo.tools.safe_eval', 'odoo.addons.base.models.ir_actions', 'odoo.addons.account_xero.models.connection.xero_authorization')
    def test_an_error_that_a_server_action_catches(self):
        for call, path in (
            ("record.sudo()._client().get('Organisation')", '/Organisation'), ("record.sudo()._client().write('PUT', 'Invoices', b'', 'k')", '/Invoices'),
            ("record.sudo().authorization_id._access_token(True)", '/connect/token'), ("record.sudo()._access_token(True)", '/connect/token'),
        ):
            for fault in ('500_before', 'drop_before', 'malformed'):
                with self.subTest(call=call, fault=fault):
                    before = self.secrets()
                    self.sandbox.faults.order(kind=fault, path=path)
                    action = self.env['ir.actions.server'].create({
                        'name': "Look", 'state': 'code', 'model_id': self.env['ir.model']._get_id('xero.connection'), 'code': CAUGHT.format(call=call)})
                    action.with_context(active_model='xero.connection', active_ids=self.connection.ids, active_id=self.connection.id).run()
                    text = str(self.connection.message_ids[0].body)
                    self.assertIn("caught", text)
                    self.assertNothingIn(text, before)

    @mute_logger('odoo.tools.safe_eval', 'odoo.sql_db', 'odoo.addons.account_xero.models.connection.xero_authorization')
    def test_computed_custom_field(self):
        """The code of one runs as `safe_eval` of its text."""
        # Together, since the registry is set up again for new fields
        looks = ['record.client_secret', *(
            expression.format(**self.ids).replace('env', 'self.env', 1) for expression in EXPRESSIONS if not expression.startswith('env.cr'))]
        self.env['ir.model.fields'].create([{
            'name': f'x_look_{number}', 'model_id': self.env['ir.model']._get_id('xero.app'), 'ttype': 'char', 'store': False,
            'depends': 'client_secret', 'compute': f"for record in self: record['x_look_{number}'] = str({look})"} for number, look in enumerate(looks)])
        app = self.app.with_user(self.system)
        [answer] = app.web_save({'client_secret': 'fake-secret-typed'}, {'x_look_0': {}, 'client_secret': {}})
        self.assertNotIn('fake-secret-typed', str(answer))
        for number, look in enumerate(looks):
            for user in (self.admin, self.system):
                before = self.secrets()
                with self.subTest(look=look, user=user.login), self.env.cr.savepoint():
                    try:
                        text = str(self.app.with_user(user).read([f'x_look_{number}']))
                    except Exception as error:
                        text = f'{error} {error.__cause__}'
                    self.assertNothingIn(text, before)

    def test_what_is_handed_around_shows_nothing(self):
        token = self.authorization._access_token()
        self.assertEqual(reveal(token), clear(self.authorization.access_token_encrypted))
        self.assertEqual((repr(token), str(token), f'{token}'), ('***',) * 3)
        with self.assertRaises(AccessError):
            self.authorization.with_user(self.system).read(['access_token_encrypted'])
        client = self.connection._client()
        self.assertNotIn(reveal(token), str(safe_eval("[client._headers, client]", {'client': client})))

    def test_key_in_its_file(self):
        with tempfile.TemporaryDirectory() as folder, patch.dict(tools.config.options, {'data_dir': folder}), patch.dict(os.environ):
            os.environ.pop('ACCOUNT_XERO_KEY')
            self.app.client_secret = 'fake-secret-typed'
            self.env.flush_all()
            key = Path(folder, 'account_xero.key').read_text()
            for expression in EXPRESSIONS:
                try:
                    text = str(safe_eval(expression.format(**self.ids), {'env': self.env}))
                except Exception as error:
                    text = f'{error}'
                self.assertNotIn(key, text)
                self.assertNotIn('fake-secret-typed', text)
