// Loaded by Node itself, as TypeScript too: only types that can be left out, and no imports of ours.
import { parentPort } from 'node:worker_threads';
import { all, create, type FactoryFunctionMap, type MathNode } from 'mathjs';

/** What an expression comes to, or why it comes to nothing, in words for who wrote it. */
export type CalculatorReport = { result: string } | { failure: string };

/** As exact as money and most of science needs; two powers of ten more than are shown. */
const PRECISION = 64;
const SHOWN_DIGITS = 40;

/** What is smaller is what is left where a result should be 0. */
const NEARLY_NOTHING = 1e-50;

const DEEPEST = 50;
const MOST_NODES = 1_000;
/** Of a factorial and the like: more digits than anybody reads. */
const LARGEST_COUNT = 1_000;

const FUNCTIONS = new Set(
  `abs acos acosh asin asinh atan atan2 atanh cbrt ceil combinations cos cosh cot csc cube deg exp expm1
  factorial fix floor gcd hypot lcm log log10 log1p log2 max mean median min mod norm nthRoot permutations
  pow prod round sec sign sin sinh sqrt square std subtract sum tan tanh to unit variance`.split(
    /\s+/,
  ),
);
const COUNTED = new Set(['factorial', 'combinations', 'permutations']);
const CONSTANTS = new Set(['pi', 'e', 'tau', 'phi', 'i', 'true', 'false']);
const NODES = new Set([
  'ArrayNode',
  'ConditionalNode',
  'ConstantNode',
  'FunctionNode',
  'OperatorNode',
  'ParenthesisNode',
  'RelationalNode',
  'SymbolNode',
]);

const math = create(all as FactoryFunctionMap, {
  number: 'BigNumber',
  precision: PRECISION,
  relTol: 1e-60,
  absTol: 1e-63,
});

parentPort?.on('message', (expression: string) => parentPort?.postMessage(calculate(expression)));
parentPort?.postMessage('ready');

export function calculate(expression: string): CalculatorReport {
  let tree: MathNode;
  try {
    tree = math.parse(expression);
  } catch (error) {
    return { failure: `The expression cannot be read: ${(error as Error).message}.` };
  }
  const fault = faultIn(tree);
  if (fault !== undefined) return { failure: fault };
  try {
    return { result: shown(tree.compile().evaluate({})) };
  } catch (error) {
    return { failure: `The expression cannot be calculated: ${(error as Error).message}.` };
  }
}

/** What an expression has that is not calculated here; undefined where it has nothing. */
function faultIn(tree: MathNode): string | undefined {
  let nodes = 0;
  const walk = (node: MathNode, depth: number): string | undefined => {
    nodes += 1;
    if (depth > DEEPEST || nodes > MOST_NODES) return 'The expression is too long.';
    const fault = faultOf(node);
    if (fault !== undefined) return fault;
    const parts: MathNode[] = [];
    // The name of a function is no value of its own.
    node.forEach((part, path) => path !== 'fn' && parts.push(part));
    for (const part of parts) {
      const found = walk(part, depth + 1);
      if (found !== undefined) return found;
    }
    return tooLarge(node);
  };
  return walk(tree, 1);
}

function faultOf(node: MathNode): string | undefined {
  if (!NODES.has(node.type)) return 'Only a single expression is calculated.';
  if (node.type === 'ConstantNode') {
    const { value } = node as unknown as { value: unknown };
    return typeof value === 'string' ? 'Texts are not calculated with.' : undefined;
  }
  if (node.type === 'SymbolNode') {
    const { name } = node as unknown as { name: string };
    const isKnown = CONSTANTS.has(name) || math.Unit.isValuelessUnit(name);
    return isKnown ? undefined : `There is no "${name}": neither a constant nor a unit.`;
  }
  if (node.type !== 'FunctionNode') return undefined;
  const { fn } = node as unknown as Call;
  // A method of something: what that is would be evaluated first, whatever it is.
  if (typeof fn !== 'string' && fn.type !== 'SymbolNode') return 'There are no methods.';
  const name = nameOf(fn);
  if (FUNCTIONS.has(name)) return undefined;
  return `There is no function "${name}". There are: ${[...FUNCTIONS].join(', ')}.`;
}

interface Call {
  fn: { type: string; name?: string } | string;
  args: readonly MathNode[];
}

function nameOf(fn: Call['fn']): string {
  return typeof fn === 'string' ? fn : (fn.name ?? '');
}

/** These take as long as their numbers are large, which are therefore looked at first: they are known to be sound. */
function tooLarge(node: MathNode): string | undefined {
  if (node.type !== 'FunctionNode' && node.type !== 'OperatorNode') return undefined;
  const { fn, args } = node as unknown as Call;
  const name = nameOf(fn);
  if (!COUNTED.has(name)) return undefined;
  const isSmall = args.every((arg) => {
    try {
      return Math.abs(Number(arg.compile().evaluate({}))) <= LARGEST_COUNT;
    } catch {
      // Told where it is evaluated.
      return true;
    }
  });
  return isSmall ? undefined : `A ${name} is calculated of numbers up to ${LARGEST_COUNT}.`;
}

function shown(value: unknown): string {
  const tidy =
    math.isBigNumber(value) && value.abs().lt(NEARLY_NOTHING) ? math.bignumber(0) : value;
  return math.format(tidy, { precision: SHOWN_DIGITS, lowerExp: -20, upperExp: SHOWN_DIGITS });
}
