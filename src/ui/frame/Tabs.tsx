// A list of tabs: one is selected, and the arrow keys, Home and End select another.
import type { KeyboardEvent } from 'react';

interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly id: T; readonly title: string }[];
  readonly selected: T;
  /** The id of the tab panel; those of the tabs are derived from it. */
  readonly panel: string;
  readonly className?: string | undefined;
  onSelect(id: T): void;
}

/** The id of a tab, by which its panel is named. */
export const tabId = (panel: string, id: string) => `${panel}-tab-${id}`;

export function Tabs<T extends string>({ label, tabs, selected, panel, className, onSelect }: TabsProps<T>) {
  const press = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === selected);
    const targets: Readonly<Record<string, number>> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const to = tabs.at(target % tabs.length)?.id ?? selected;
    onSelect(to);
    document.getElementById(tabId(panel, to))?.focus();
  };
  return (
    <div className={className} role="tablist" aria-label={label} onKeyDown={press}>
      {tabs.map(({ id, title }) => (
        <button
          key={id}
          id={tabId(panel, id)}
          type="button"
          role="tab"
          aria-selected={id === selected}
          aria-controls={panel}
          tabIndex={id === selected ? 0 : -1}
          onClick={() => onSelect(id)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
