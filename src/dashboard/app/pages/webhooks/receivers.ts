/** The receivers of `examples/receivers/`, which the tests run: text here, put in as the pages are built. */
import go from '../../../../../examples/receivers/receiver.go?text';
import php from '../../../../../examples/receivers/receiver.php?text';
import python from '../../../../../examples/receivers/receiver.py?text';
import typescript from '../../../../../examples/receivers/receiver.ts?text';
import shell from '../../../../../examples/receivers/verify.sh?text';

export const RECEIVERS = {
  TypeScript: typescript,
  Python: python,
  PHP: php,
  Go: go,
  Shell: shell,
} as const;

export type ReceiverLanguage = keyof typeof RECEIVERS;

/** What stands for the secret in each. */
const PLACE = 'whsec_…';

export const receiverIn = (language: ReceiverLanguage, secret = PLACE): string => RECEIVERS[language].replaceAll(PLACE, secret);
