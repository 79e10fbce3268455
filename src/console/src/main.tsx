import './styles/base.css';

import { render } from 'preact';

import { App } from './shell/app';
import { start } from './shell/start';
import { showReordering } from './ui/bidi';

showReordering();
void start();
render(<App />, document.getElementById('app')!);
