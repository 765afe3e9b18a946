import { expect, test } from "@odoo/hoot";
import { fields, findComponent, mountView } from "@web/../tests/web_test_helpers";
import { ExportGraphRenderer } from "@account_xero/export_graph/export_graph";
import { defineXeroModels, XeroExport } from "./export_test_helpers";

defineXeroModels();

test("bars of a state have the color of its badge", async () => {
    XeroExport._fields.shown_state = fields.Selection({
        selection: [
            ["failed", "Failed"],
            ["synced", "Synced"],
            ["voided", "Voided"],
        ],
    });
    XeroExport._records = [
        { id: 1, document_name: "INV/0001", shown_state: "failed" },
        { id: 2, document_name: "INV/0001", shown_state: "synced" },
        { id: 3, document_name: "INV/0002", shown_state: "synced" },
        { id: 4, document_name: "INV/0002", shown_state: "voided" },
    ];
    const style = getComputedStyle(document.documentElement);
    const colorsOf = async (groups) => {
        const view = await mountView({
            type: "graph",
            resModel: "xero.export",
            arch: `<graph js_class="xero_export_graph">${groups.map((name) => `<field name="${name}"/>`).join("")}</graph>`,
        });
        const { chart } = findComponent(view, (component) => component instanceof ExportGraphRenderer);
        return Object.fromEntries(chart.data.datasets.filter(({ type }) => type !== "line").map((one) => [one.label, one.backgroundColor]));
    };
    expect(await colorsOf(["document_name", "shown_state"])).toEqual({
        Failed: style.getPropertyValue("--danger").trim(),
        Synced: style.getPropertyValue("--success").trim(),
        Voided: style.getPropertyValue("--gray-500").trim(),
    });
    expect(style.getPropertyValue("--danger").trim()).toMatch(/^#/);
});
