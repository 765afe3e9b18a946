"""Companies whose chart of accounts is loaded before the tests: that takes longer than most tests do.

`make test` makes them in its databases. In a database without them, each class of tests loads the chart of its company.
"""
COUNTRY, COUNT = 'AU', 2
NAMES = tuple(f'__test__.company_{number}' for number in range(COUNT))


def make(env):
    """Make the companies. Only the superuser may enter them."""
    country = env['res.country'].search([('code', '=', COUNTRY)])
    for xml_id in NAMES:
        company = env['res.company'].create({'name': xml_id, 'country_id': country.id, 'currency_id': country.currency_id.id})
        env['account.chart.template'].try_loading(
            env['account.chart.template']._guess_chart_template(country), company=company, install_demo=False)
        env['ir.model.data']._update_xmlids([{'xml_id': xml_id, 'record': company, 'noupdate': True}])


def take(env, country_code):
    """Return a company of a country that the user of `env` is not in yet; none if there is none."""
    companies = env['res.company'].sudo()
    if country_code == COUNTRY:
        companies = companies.union(*(env.ref(xml_id, raise_if_not_found=False) or companies for xml_id in NAMES))
    return companies.sudo(False).filtered(lambda company: company not in env.user.company_ids)[:1]
