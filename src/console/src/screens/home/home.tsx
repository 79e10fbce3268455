import { Page } from '../../ui/layout';

export default function Home() {
  return <Page title="Home">{null}</Page>;
}
