/** The pure cores are changed in one place at a time, as a slip of the hand would, and the nearest tests are to notice it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import type { FaultRow } from '../stage.ts';

/** By source: the tests that are nearest to it. */
const CORES: Record<string, string[]> = {
  'src/messages/lane/pacing.ts': ['test/messages/pacing.test.ts'],
  'src/messages/lane/quiet-hours.ts': ['test/messages/quiet-hours.test.ts', 'test/messages/pacing.test.ts'],
  'src/messages/lane/transitions.ts': ['test/messages/transitions.test.ts'],
  'src/messages/message/status.ts': ['test/messages/status.test.ts', 'test/messages/transitions.test.ts'],
  'src/flows/turn/interpret.ts': ['test/flows/interpret.test.ts', 'test/flows/questions.test.ts'],
  'src/flows/turn/interpret/question.ts': ['test/flows/questions.test.ts', 'test/flows/interpret.test.ts'],
  'src/flows/turn/guards.ts': ['test/flows/guards.test.ts'],
  'src/webhooks/owed/schedule.ts': ['test/webhooks/schedule.test.ts', 'test/webhooks/settle.test.ts'],
  'src/webhooks/delivery/after-attempt.ts': ['test/webhooks/settle.test.ts'],
  'src/webhooks/health/breaker.ts': ['test/webhooks/breaker.test.ts'],
  'src/dialects/cloud/events.ts': ['test/dialects/cloud-events.test.ts'],
  'src/dialects/cloud/ids.ts': ['test/dialects/cloud-ids.test.ts'],
  'src/dialects/cloud/typing.ts': ['test/dialects/cloud-typing.test.ts'],
  'src/core/backoff.ts': ['test/core/backoff.test.ts'],
};
/** Beyond this (ms) the tests of one mutant hang, which is a way to notice it. */
const PATIENCE = 60_000;
/** Some mutants change nothing that anybody could see, so that no tests notice all of them. */
const AIM = 0.75;

export const mutations: FaultRow = {
  what: 'Pure cores are changed in one place at a time; the nearest tests are to notice it',
  count: { of: 'mutants of each core', usual: 12 },
  once: true,
  async run(stage) {
    let [noticed, made] = [0, 0];
    for (const [source, tests] of Object.entries(CORES)) {
      if (!(await pass(tests, {}))) throw new Error(`${tests.join(', ')}: does not even pass without a mutant`);
      const mutants = some(mutantsOf(source), stage.count);
      const survivors: string[] = [];
      for (const { text, where } of mutants) if (await pass(tests, { source, text })) survivors.push(where);
      noticed += mutants.length - survivors.length;
      made += mutants.length;
      stage.figure(
        source,
        `${mutants.length - survivors.length} of ${mutants.length}${survivors.map((where) => `; not ${where}`).join('')}`,
      );
    }
    stage.figure('noticed', `${Math.round((100 * noticed) / made)} %`, `≥ ${100 * AIM} %`);
    stage.must(noticed / made >= AIM, `of ${made} mutants only ${noticed} were noticed`);
  },
};

interface Mutant {
  /** The whole source with the change. */
  text: string;
  /** `line 12: a < b → a <= b` */
  where: string;
}

const FLIPPED: Partial<Record<ts.SyntaxKind, string>> = {
  [ts.SyntaxKind.LessThanToken]: '<=',
  [ts.SyntaxKind.LessThanEqualsToken]: '<',
  [ts.SyntaxKind.GreaterThanToken]: '>=',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>',
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [ts.SyntaxKind.AmpersandAmpersandToken]: '||',
  [ts.SyntaxKind.BarBarToken]: '&&',
  [ts.SyntaxKind.PlusToken]: '-',
  [ts.SyntaxKind.MinusToken]: '+',
};

function mutantsOf(source: string): Mutant[] {
  const text = readFileSync(source, 'utf8');
  const file = ts.createSourceFile(source, text, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const change = (node: ts.Node, to: string): void => {
    const [from, end] = [node.getStart(file), node.getEnd()];
    const line = file.getLineAndCharacterOfPosition(from).line + 1;
    const said = `line ${line}: \`${text.slice(from, end).slice(0, 60)}\` → \`${to.slice(0, 60)}\``.replaceAll('|', '\\|');
    mutants.push({ text: text.slice(0, from) + to + text.slice(end), where: said });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isImportDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    const flipped = ts.isBinaryExpression(node) ? FLIPPED[node.operatorToken.kind] : undefined;
    if (ts.isBinaryExpression(node) && flipped) {
      change(node, `${node.left.getText(file)} ${flipped} ${node.right.getText(file)}`);
    }
    if (ts.isIfStatement(node)) change(node.expression, `!(${node.expression.getText(file)})`);
    if (ts.isConditionalExpression(node)) change(node.condition, `!(${node.condition.getText(file)})`);
    if (ts.isExpressionStatement(node)) change(node, ';');
    if (ts.isNumericLiteral(node)) change(node, `(${node.getText(file)} + 1)`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return mutants;
}

/** At most `count` of them, from all over the source. */
function some(mutants: readonly Mutant[], count: number): Mutant[] {
  const step = Math.max(1, mutants.length / count);
  return Array.from({ length: Math.min(count, mutants.length) }, (_, at) => mutants[Math.floor(at * step)] as Mutant);
}

/** Whether the tests pass. The mutant is put in the place of the source as that is loaded, so that no file ever holds it. */
async function pass(tests: readonly string[], { source, text }: { source?: string; text?: string }): Promise<boolean> {
  const hook = `
    import { registerHooks } from 'node:module';
    const { HOOKLINE_TEST_MUTATED: mutated, HOOKLINE_TEST_MUTANT: mutant } = process.env;
    if (mutated) registerHooks({
      load(url, context, next) {
        const loaded = next(url, context);
        return url.endsWith('/' + mutated) ? { ...loaded, source: mutant } : loaded;
      },
    });`;
  const child = spawn('ava', ['--fail-fast', '--timeout=30s', ...tests], {
    stdio: 'ignore',
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
    env: {
      ...process.env,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hook)}`,
      ...(source && text && { HOOKLINE_TEST_MUTATED: source, HOOKLINE_TEST_MUTANT: text }),
    },
  });
  const [status] = await once(child, 'close');
  return status === 0;
}
