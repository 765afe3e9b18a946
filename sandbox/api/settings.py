"""Settings endpoints, read only: organisation, actions, accounts, tax rates, currencies, tracking, branding themes."""
from ..state import CURRENCIES


def organisation(call):
    org = call.organisation
    day, month = org.year_end
    return 'Organisations', [{
        'OrganisationID': org.tenant_id,
        'Name': org.name,
        'LegalName': org.legal_name,
        'PaysTax': bool(org.tax_number),
        'Version': org.version,
        'OrganisationType': 'COMPANY',
        'OrganisationEntityType': 'COMPANY',
        'BaseCurrency': org.base_currency,
        'CountryCode': org.country,
        'IsDemoCompany': False,
        'OrganisationStatus': 'ACTIVE',
        'TaxNumber': org.tax_number,
        'FinancialYearEndDay': day,
        'FinancialYearEndMonth': month,
        'SalesTaxBasis': 'ACCRUALS',
        'SalesTaxPeriod': 'QUARTERLY1' if org.country == 'AU' else 'QUARTERLY',
        'DefaultSalesTax': 'Tax Exclusive',
        'DefaultPurchasesTax': 'Tax Exclusive',
        'PeriodLockDate': org.period_lock_date,
        'EndOfYearLockDate': org.end_of_year_lock_date,
        'CreatedDateUTC': org.created,
        'Timezone': org.timezone,
        'ShortCode': org.short_code,
        'Class': org.plan,
        'Edition': 'BUSINESS',
        'Addresses': [], 'Phones': [], 'ExternalLinks': [], 'PaymentTerms': {},
    }]


def actions(call):
    rights, multicurrency = call.user.rights, len(call.organisation.currencies) > 1
    allowed = {
        'CreateApprovedInvoice': 'approve' in rights,
        'CreateApprovedBill': 'approve' in rights,
        'CreateDraftInvoice': True,
        'CreateDraftBill': True,
        'UseMulticurrency': multicurrency,
        'CreateManualJournal': {'approve', 'reports'} <= rights,
        'ApproveTransactionsBeforePeriodLockDate': 'adviser' in rights,
    }
    return 'Actions', [{'Name': name, 'Status': 'ALLOWED' if can else 'NOT-ALLOWED'} for name, can in allowed.items()]


def accounts(call):
    return 'Accounts', call.organisation.accounts


def tax_rates(call):
    return 'TaxRates', list(call.organisation.tax_rates.values())


def currencies(call):
    return 'Currencies', [{'Code': code, 'Description': CURRENCIES[code][0]} for code in call.organisation.currencies]


def tracking_categories(call):
    archived_too = call.flag('includeArchived')
    return 'TrackingCategories', [
        category | {'Options': [option for option in category['Options'] if archived_too or option['Status'] == 'ACTIVE']}
        for category in call.organisation.tracking if archived_too or category['Status'] == 'ACTIVE'
    ]


def branding_themes(call):
    return 'BrandingThemes', call.organisation.branding_themes


# path below /api.xro/2.0 → (scope's endpoint, function, key of the id in the path or None)
READERS = {
    'Organisation': ('Organisation', organisation, None),
    'Organisations': ('Organisation', organisation, None),
    'Organisation/Actions': ('Organisation', actions, None),
    'Organisations/Actions': ('Organisation', actions, None),
    'Accounts': ('Accounts', accounts, 'AccountID'),
    'TaxRates': ('TaxRates', tax_rates, 'TaxType'),
    'Currencies': ('Currencies', currencies, None),
    'TrackingCategories': ('TrackingCategories', tracking_categories, 'TrackingCategoryID'),
    'BrandingThemes': ('BrandingThemes', branding_themes, 'BrandingThemeID'),
}
