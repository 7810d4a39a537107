import type { Flow, Run } from '../../../../client/index.ts';
import { Badge } from '../../parts/badge.tsx';
import { words } from './words.ts';

export const FlowState = ({ status }: Pick<Flow, 'status'>) => (
  <Badge tone={status === 'active' ? 'good' : 'bad'}>{status === 'active' ? words.active : words.invalid}</Badge>
);

const TONES = { waiting: 'busy', ended: 'rest', failed: 'bad' } as const;

export const RunState = ({ status }: Pick<Run, 'status'>) => <Badge tone={TONES[status]}>{words[status]}</Badge>;
