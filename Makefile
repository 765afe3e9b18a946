# Everything else is in dev/; scratch is outside the repository, see dev/environment.py.
PYTHON ?= python3
export ONCE ODOO_PORT SANDBOX_PORT ODOO_URL DB OUT PAGES

.PHONY: help demo test bench chaos sandbox screenshots setup clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo         all set-up, then the main job against the local Xero; stays up (ONCE=1 exits)'
	@echo 'make test         all set-up, lint, all tests (CI=true: a skipped test is a failure)'
	@echo 'make bench        measures the budgets, prints a table, writes bench.json; exit status 1 if one is broken'
	@echo '                  (40 minutes; BENCH_QUICK=1: small sizes, 10 minutes; BENCH_ROWS="calls_known two_servers"'
	@echo '                  measures some rows; sizes: the variables in benchmarks/, such as BENCH_INVOICES)'
	@echo 'make chaos        kills servers, cuts lines, stops Xero during exports and imports; writes chaos.json'
	@echo '                  (4 minutes; CHAOS_SEED repeats a run; CHAOS_KILLS, 10; CHAOS_DOCUMENTS, 40)'
	@echo 'make sandbox      the local Xero alone'
	@echo 'make screenshots  pictures of a running make demo into docs/images'
	@echo 'make setup        the set-up alone; python3 -m dev --help shows more commands'
	@echo 'make clean        remove what the above made outside the repository'
	@echo
	@echo 'Variables: ACCOUNT_XERO_HOME (scratch), ODOO_PORT (8069), SANDBOX_PORT (8070), PGHOST (a PostgreSQL of'
	@echo 'your own), ODOO_HOME (an Odoo 19 of your own), ODOO_DEB (its Debian package), OUT, PAGES, DB, ODOO_URL'

demo test bench chaos sandbox screenshots setup clean:
	@$(PYTHON) -m dev $@
