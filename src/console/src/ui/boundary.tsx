/** Where an error of what is shown ends: it says what happened, and the rest of the page stays. */
import { Component, type ComponentChildren } from 'preact';

import { Problem } from './problem';

interface BoundaryProps {
  /** Around the error; without it, the error is shown alone. */
  frame?: (problem: ComponentChildren) => ComponentChildren;
  children: ComponentChildren;
}

export class Boundary extends Component<BoundaryProps, { error?: unknown }> {
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidCatch(error: unknown) {
    console.error(error);
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const problem = <Problem error={error} retry={() => this.setState({ error: undefined })} />;
    return this.props.frame ? this.props.frame(problem) : problem;
  }
}
