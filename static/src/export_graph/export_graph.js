import { lightenColor } from "@web/core/colors/colors";
import { registry } from "@web/core/registry";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";
import { COLORS } from "../state_badge/state_badge";

const STATE = "shown_state";
// Their badges have the color of another state's. In the graph no word stands on a color, so that it has to differ.
const LIGHTER = ["sending", "uncertain", "paid", "submitted", "skipped"];

/** The graph of exports: what counts a state has the color of its badge. */
export class ExportGraphRenderer extends GraphRenderer {
    getBarChartData() {
        const data = super.getBarChartData();
        for (const [dataset, color] of this.colored(data.datasets)) {
            dataset.backgroundColor = color;
        }
        return data;
    }

    getLineChartData() {
        const data = super.getLineChartData();
        for (const [dataset, color] of this.colored(data.datasets)) {
            Object.assign(dataset, {
                backgroundColor: lightenColor(color, 0.5),
                borderColor: color,
                hoverBackgroundColor: color,
                pointBackgroundColor: color,
            });
        }
        return data;
    }

    /** Slices keep Odoo's colors if several of them are of one state, such as that of each month. */
    getPieChartData() {
        const data = super.getPieChartData();
        for (const dataset of data.datasets) {
            const states = this.statesOf(dataset);
            if (new Set(states).size === dataset.data.length && !states.includes(undefined)) {
                const colors = states.map((state) => this.colorOf(state));
                Object.assign(dataset, { backgroundColor: colors, hoverBackgroundColor: colors });
            }
        }
        return data;
    }

    /** The legend of a pie shows the colors of its slices. Odoo computes them again. */
    getLegendOptions() {
        const options = super.getLegendOptions();
        if (this.model.metaData.mode === "pie") {
            const { generateLabels } = options.labels;
            options.labels.generateLabels = (chart) => {
                const [{ backgroundColor }] = chart.data.datasets;
                return generateLabels(chart).map((label) => ({ ...label, fillStyle: backgroundColor[label.index] }));
            };
        }
        return options;
    }

    /** Return the datasets whose values are all of one state, each with its color. */
    colored(datasets) {
        const found = [];
        for (const dataset of datasets) {
            const states = new Set(this.statesOf(dataset));
            const [state] = states;
            if (states.size === 1 && state) {
                found.push([dataset, this.colorOf(state)]);
            }
        }
        return found;
    }

    /** Return the state of each value of a dataset; undefined for what is not grouped by it. */
    statesOf(dataset) {
        return [...(dataset.identifiers || [])].map((identifier) => JSON.parse(identifier).find((group) => STATE in group)?.[STATE]);
    }

    colorOf(state) {
        const style = getComputedStyle(document.documentElement);
        const color = style.getPropertyValue(`--${COLORS[state] || "gray-500"}`).trim();
        return LIGHTER.includes(state) ? lightenColor(color, 0.5) : color;
    }
}

registry.category("views").add("xero_export_graph", { ...graphView, Renderer: ExportGraphRenderer });
