/** A widget in its place on the dashboard: its heading, its actions, and what it shows. */
import type { ComponentType } from 'preact';

import { Boundary } from '../../../ui/boundary';
import { Notice } from '../../../ui/layout';
import { Markdown } from '../../../ui/markdown';
import { Menu, type MenuItem } from '../../../ui/menu';
import { useInView } from '../../../ui/seen';
import { textOf, titleOf, type Place, type Widget } from './body';
import { AlarmWidget } from './widget_alarm';
import type { View, WidgetProps } from './widget_data';
import { LogWidget } from './widget_log';
import { MetricWidget } from './widget_metric';

const CONTENTS: Record<string, ComponentType<WidgetProps>> = {
  metric: MetricWidget,
  text: ({ properties }) => <Markdown text={textOf(properties.markdown) ?? ''} />,
  alarm: AlarmWidget,
  log: LogWidget,
};

const ROW_PIXELS = 50;
const GAP_PIXELS = 12;
const HEADING_PIXELS = 80;
const LEAST_PIXELS = 120;

interface BoxProps {
  widget: Widget;
  place: Place;
  view: View;
  actions: MenuItem[];
}

export function WidgetBox({ widget, place, view, actions }: BoxProps) {
  const { holder, seen } = useInView<HTMLElement>();
  const title = titleOf(widget);
  const Content = CONTENTS[widget.type];
  const pixels = place.height * (ROW_PIXELS + GAP_PIXELS) - GAP_PIXELS;
  const height = Math.max(pixels - HEADING_PIXELS, LEAST_PIXELS);
  const style = {
    gridColumn: `${place.x + 1} / span ${place.width}`,
    gridRow: `${place.y + 1} / span ${place.height}`,
  };
  return (
    <section ref={holder} class="panel widget" aria-label={title} style={style}>
      <header>
        <h2 class={widget.type === 'text' ? 'visually-hidden' : undefined}>{title}</h2>
        <Menu label="⋮" name={`⋮ Actions of ${title}`} items={actions} />
      </header>
      <div class="widget-body" tabIndex={0} role="region" aria-label={`Content of ${title}`}>
        <Boundary>
          {Content ? (
            <Content title={title} properties={widget.properties} view={view} seen={seen} height={height} />
          ) : (
            <Notice>
              <p>Widgets of the type {widget.type} are not drawn here. The source keeps them as they are.</p>
            </Notice>
          )}
        </Boundary>
      </div>
    </section>
  );
}
