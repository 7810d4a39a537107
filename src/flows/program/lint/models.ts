import type { Fault } from '../../../core/errors.ts';
import { headerFaults } from '../../../core/request-headers.ts';
import { modelFault } from '../../language/models.ts';
import type { Path } from '../../language/parse.ts';
import { OWN_HEADERS } from '../../language/schema/doing.ts';
import type { Checked } from './checked.ts';

/** Whole, and not filled in: it is held against the list of the operator. */
const ENDPOINT = /^https?:\/\/[^\s{}@\\/?#]+(?:[/?][^\s{}\\#]*)?$/;
const ENDPOINT_FAULT = 'must be a URL such as https://models.example/v1/chat/completions, without {{ }}';

/** What is left to models. `models`: those that this hub asks, where that is known. */
export function* lintModels(
  { parsed: { place, flow }, program: { steps } }: Checked,
  models: readonly string[] | undefined,
): Iterable<Fault> {
  const faultOf = (url: string): string | undefined =>
    ENDPOINT.test(url) && URL.canParse(url) ? models && modelFault(url, models) : ENDPOINT_FAULT;
  function* common({ url, headers }: { url: string; headers?: Record<string, string> | undefined }, path: Path): Iterable<Fault> {
    const fault = faultOf(url);
    if (fault) yield { path: place([...path, 'url']), message: fault };
    for (const { name, message } of headerFaults(headers ?? {}, { own: OWN_HEADERS, templates: true })) {
      const where = name === null ? ['headers'] : ['headers', name];
      yield { path: place([...path, ...where], undefined, 'key'), message: name === null ? message : `the header "${name}" ${message}` };
    }
  }
  if (flow.transcribe) yield* common(flow.transcribe, ['transcribe']);
  for (const { step, path } of steps.values()) {
    if (typeof step === 'string' || !('ask_model' in step)) continue;
    const own = [...path, 'ask_model'];
    yield* common(step.ask_model, own);
    const { instructions, tools } = step.ask_model;
    if (/\{\{/.test(instructions)) {
      const message = 'nothing is filled in here, so that nobody else gives instructions: put what the model may know under "data"';
      yield { path: place([...own, 'instructions']), message };
    }
    for (const tool of ['save', 'go'] as const) {
      if (step[tool] === undefined && tools?.includes(tool))
        yield {
          path: place([...own, 'tools']),
          message: `"${tool}" needs ${tool === 'go' ? 'somewhere to go' : 'something to save'}: give "${tool}" beside "ask_model"`,
        };
      if (step[tool] !== undefined && tools && !tools.includes(tool))
        yield { path: place([...path, tool], undefined, 'key'), message: `"${tool}" is not one of its "tools"` };
    }
    if (tools?.length === 1 && tools[0] === 'save')
      yield { path: place([...own, 'tools']), message: 'it could neither write nor end: give "say", "done", "go" or "handoff", too' };
  }
}
