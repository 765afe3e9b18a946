import { Component, useEffect, useExternalListener, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { slowing, usePolling } from "./polling_hook";

const UNDER_WAY = ["waiting", "sending", "uncertain"];
const QUICK = 1000;
const HELD = 15000; // its connection is paused, for example
const PATIENCE = 600000;

/**
 * Loads a form again when the state of its export changes, or the reason why the export waits, until it has an outcome.
 *
 * It shows nothing itself. It looks every second at first, then less often, and for ten minutes at most. It does not look while the tab
 * is hidden, and never reloads a form with unsaved changes.
 */
export class FollowWidget extends Component {
    static template = xml``;
    static props = {
        ...standardWidgetProps,
        exportField: { type: String, optional: true },
        stateField: { type: String },
        reasonField: { type: String },
    };

    setup() {
        this.orm = useService("orm");
        this.wait = usePolling(
            () => this.look(),
            () => this.interval
        );
        useEffect(
            (exportId, isUnderWay) => {
                if (exportId && isUnderWay) {
                    this.seen = this.shown;
                    this.start();
                }
            },
            () => [this.exportId, this.isUnderWay]
        );
        useExternalListener(document, "visibilitychange", () => {
            if (this.exportId && this.isUnderWay && !document.hidden) {
                this.start();
            }
        });
    }

    get exportId() {
        const { exportField, record } = this.props;
        return exportField ? record.data[exportField]?.id : record.resId;
    }

    /** What the form says of the export. */
    get shown() {
        const { reasonField, record, stateField } = this.props;
        return { state: record.data[stateField], message: record.data[reasonField] || "" };
    }

    get isUnderWay() {
        return UNDER_WAY.includes(this.shown.state);
    }

    get interval() {
        if (this.isHeld) {
            return HELD;
        }
        return slowing(this.since, QUICK);
    }

    start() {
        this.since = Date.now();
        this.isHeld = false;
        this.wait();
    }

    /** Reads the export, and loads the form again if something changed. Returns whether to look again. */
    async look() {
        if (document.hidden || !this.isUnderWay) {
            return false;
        }
        const { exportId } = this;
        const progress = await this.orm.silent.call("xero.export", "get_progress", [[exportId]]);
        const [row] = progress.rows;
        if (!row || exportId !== this.exportId) {
            return false;
        }
        const { record } = this.props;
        const isChanged = row.state !== this.seen.state || row.message !== this.seen.message;
        if (isChanged && !(await record.isDirty())) {
            this.seen = row;
            // Not awaited: when another load replaces this one, its promise never resolves
            record.load();
        }
        this.isHeld = progress.finished && UNDER_WAY.includes(row.state);
        return Date.now() - this.since < PATIENCE;
    }
}

registry.category("view_widgets").add("xero_follow", {
    component: FollowWidget,
    extractProps: ({ attrs }) => ({
        exportField: attrs.export,
        stateField: attrs.state,
        reasonField: attrs.reason,
    }),
});
