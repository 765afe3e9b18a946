import { registry } from "@web/core/registry";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";
import { COLORS } from "../state_badge/state_badge";

const STATE = "shown_state";

/** The graph of exports: bars of a state have the color of its badge. */
export class ExportGraphRenderer extends GraphRenderer {
    getBarChartData() {
        const data = super.getBarChartData();
        const style = getComputedStyle(document.documentElement);
        for (const dataset of data.datasets) {
            const state = this.stateOf(dataset);
            if (state) {
                const color = COLORS[state] || "gray-500";
                dataset.backgroundColor = style.getPropertyValue(`--${color}`).trim() || dataset.backgroundColor;
            }
        }
        return data;
    }

    /** Return the state that all values of a dataset have; undefined if the bars are not grouped by it. */
    stateOf(dataset) {
        const states = new Set();
        for (const identifier of dataset.identifiers || []) {
            states.add(JSON.parse(identifier).find((group) => STATE in group)?.[STATE]);
        }
        return states.size === 1 ? [...states][0] : undefined;
    }
}

registry.category("views").add("xero_export_graph", { ...graphView, Renderer: ExportGraphRenderer });
