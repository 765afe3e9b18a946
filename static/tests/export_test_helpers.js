import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { defineActions, defineModels, fields, models } from "@web/../tests/web_test_helpers";

export class XeroExport extends models.Model {
    _name = "xero.export";
    _records = [
        { id: 1, document_name: "INV/0001", state: "failed" },
        { id: 2, document_name: "INV/0002", state: "failed" },
        { id: 3, document_name: "INV/0003", state: "waiting" },
        { id: 4, document_name: "INV/0004", state: "synced" },
    ];
    _views = {
        list: `
            <list js_class="xero_export_list">
                <field name="document_name"/>
                <field name="state"/>
            </list>`,
        kanban: `
            <kanban js_class="xero_export_kanban">
                <templates><t t-name="card"><field name="document_name"/></t></templates>
            </kanban>`,
        search: `
            <search>
                <filter name="attention" string="Needs attention" domain="[('state', 'in', ['failed', 'uncertain'])]"/>
                <filter name="failed" string="Failed" domain="[('state', '=', 'failed')]"/>
                <filter name="waiting" string="Waiting" domain="[('state', '=', 'waiting')]"/>
                <filter name="uncertain" string="Uncertain" domain="[('state', '=', 'uncertain')]"/>
                <filter name="synced" string="Synced" domain="[('state', '=', 'synced')]"/>
                <filter name="skipped" string="Skipped" domain="[('state', '=', 'skipped')]"/>
                <filter name="different" string="Different" domain="[('id', '=', 4)]"/>
            </search>`,
    };

    document_name = fields.Char();
    wait_reason = fields.Char();
    cause = fields.Char();
    state = fields.Selection({
        selection: ["failed", "waiting", "uncertain", "synced", "skipped"].map((state) => [state, state]),
    });

    /** As the server does: a button for each cause. */
    get_fixes(domain) {
        const counts = {};
        for (const { cause } of this.search_read([...domain, ["state", "=", "failed"], ["cause", "!=", false]], ["cause"])) {
            counts[cause] = (counts[cause] || 0) + 1;
        }
        return Object.entries(counts).map(([cause, count]) => ({
            cause,
            count,
            name: cause,
            label: cause === "permission" ? "" : `Fix ${cause} (${count})`,
            hint: cause === "permission" ? "Ask Ann." : "",
            is_sent: cause === "account",
        }));
    }

    get_asked() {
        return [];
    }

    has_attention(domain) {
        return this.search_count([...domain, ["state", "in", ["failed", "uncertain"]]]) > 0;
    }

    /** As the server does: the number of exports in each state. */
    retrieve_tiles(domain) {
        const numbers = { failed: 0, waiting: 0, uncertain: 0, synced: 0, skipped: 0, different: 0 };
        for (const { state } of this.search_read(domain, ["state"])) {
            numbers[state]++;
        }
        return numbers;
    }
}

export function defineXeroModels() {
    defineMailModels();
    defineModels([XeroExport]);
    defineActions([
        {
            id: 1,
            name: "Xero Exports",
            res_model: "xero.export",
            type: "ir.actions.act_window",
            views: [
                [false, "list"],
                [false, "search"],
            ],
        },
    ]);
}
