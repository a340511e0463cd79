// An error boundary around a view: says what happened and offers to save the run.
import { Component, type ReactNode } from 'react';
import { Alert } from '../controls/Alert.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';

interface BoundaryProps {
  readonly title: string;
  readonly children: ReactNode;
}

export class ViewBoundary extends Component<BoundaryProps, { readonly error: Error | undefined }> {
  override state = { error: undefined };

  static getDerivedStateFromError(thrown: unknown) {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <Crashed title={this.props.title} error={error} onRetry={() => this.setState({ error: undefined })} />;
  }
}

/** A part of the page that the server no longer has, or that could not be loaded without a network. */
const isMissingPart = (error: Error) =>
  /dynamically imported module|importing a module script|preload CSS/i.test(error.message);

function Crashed({ title, error, onRetry }: { readonly title: string; readonly error: Error; onRetry(): void }) {
  const actions = useActions();
  const canSave = usePlayground(({ run }) => run.onGpu || run.checkpoint !== undefined);
  const missing = isMissingPart(error);
  return (
    <section className={sections.panel} aria-label={`${title} cannot be shown`}>
      <h1>{title} cannot be shown</h1>
      <Alert>
        {missing
          ? `A part of the page could not be loaded (${error.message}). Check the network connection, then reload the page.`
          : `${title} could not be drawn because of an error in this page: ${error.message || error.name}.`}
      </Alert>
      <p>The other views still work, and running computations continue.</p>
      <p className={layout.actions}>
        {!missing && (
          <button type="button" className={buttons.primary} onClick={onRetry}>
            Try again
          </button>
        )}
        {canSave && (
          <button
            type="button"
            title="Save the model with its training state as a .safetensors file"
            onClick={() => actions.run.save()}
          >
            Save the run
          </button>
        )}
        <button
          type="button"
          title="The experiment stays in the address bar, and the last checkpoint in the browser"
          onClick={() => window.location.reload()}
        >
          Reload the page
        </button>
      </p>
    </section>
  );
}
