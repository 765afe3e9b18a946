import { beforeEach, expect, test } from "@odoo/hoot";
import { fields, findComponent, mountView } from "@web/../tests/web_test_helpers";
import { lightenColor } from "@web/core/colors/colors";
import { ExportGraphRenderer } from "@account_xero/export_graph/export_graph";
import { defineXeroModels, XeroExport } from "./export_test_helpers";

defineXeroModels();

beforeEach(() => {
    XeroExport._fields.shown_state = fields.Selection({
        selection: [
            ["failed", "Failed"],
            ["paid", "Paid"],
            ["synced", "Synced"],
            ["voided", "Voided"],
        ],
    });
    XeroExport._records = [
        { id: 1, document_name: "INV/0001", shown_state: "failed" },
        { id: 2, document_name: "INV/0001", shown_state: "synced" },
        { id: 3, document_name: "INV/0002", shown_state: "synced" },
        { id: 4, document_name: "INV/0002", shown_state: "paid" },
        { id: 5, document_name: "INV/0002", shown_state: "voided" },
    ];
});

const badge = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const badges = () => ({
    Failed: badge("danger"),
    // Its badge is of the same green as that of *Synced*
    Paid: lightenColor(badge("success"), 0.5),
    Synced: badge("success"),
    Voided: badge("gray-500"),
});

/** Return the chart that a graph of a type draws, grouped by fields. */
async function chartOf(type, ...groups) {
    const view = await mountView({
        type: "graph",
        resModel: "xero.export",
        arch: `<graph js_class="xero_export_graph" type="${type}">${groups.map((name) => `<field name="${name}"/>`).join("")}</graph>`,
    });
    return findComponent(view, (component) => component instanceof ExportGraphRenderer).chart;
}

/** Return the color of each entry of a chart's legend but the sum's. */
const legendOf = (chart) =>
    Object.fromEntries(chart.legend.legendItems.filter(({ text }) => text !== "Sum").map(({ text, fillStyle }) => [text, fillStyle]));

test("bars of a state have the color of its badge, and no other state has it", async () => {
    expect(badge("danger")).toMatch(/^#/);
    const chart = await chartOf("bar", "document_name", "shown_state");
    expect(legendOf(chart)).toEqual(badges());
    expect(chart.data.datasets.map(({ backgroundColor }) => backgroundColor).slice(0, 4)).toInclude(badge("danger"));
});

test("lines of a state have the color of its badge", async () => {
    const chart = await chartOf("line", "document_name", "shown_state");
    expect(Object.fromEntries(chart.data.datasets.map(({ label, borderColor }) => [label, borderColor]))).toEqual(badges());
    expect(legendOf(chart)).toEqual(badges());
});

test("slices of a state have the color of its badge", async () => {
    const chart = await chartOf("pie", "shown_state");
    expect(legendOf(chart)).toEqual(badges());
    expect(chart.data.datasets[0].backgroundColor).toEqual(Object.values(legendOf(chart)));
});

test("several slices of a state keep different colors", async () => {
    const chart = await chartOf("pie", "document_name", "shown_state");
    expect(chart.data.datasets[0].backgroundColor).not.toInclude(badge("success"));
    expect(Object.values(legendOf(chart))).toEqual(chart.data.datasets[0].backgroundColor);
});
