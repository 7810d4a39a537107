import { useSignal } from '@preact/signals';
import { isApple, words } from '../here.ts';
import { Choice } from '../parts/choice.tsx';
import { Steps } from '../parts/steps.tsx';

/** What to do on the phone, step by step, as its WhatsApp calls it. */
export function WhereToTap({ way }: { way: 'qr' | 'code' }) {
  const platform = useSignal<'android' | 'iphone'>(isApple ? 'iphone' : 'android');
  const steps = [
    words.openWhatsApp,
    platform.value === 'android' ? words.tapAndroid : words.tapIphone,
    ...(way === 'qr' ? [words.tapLink] : [words.tapLinkNumber, words.typeCode]),
  ];
  return (
    <section class="where">
      <Choice
        label={words.whereToTap}
        options={[
          ['android', words.android],
          ['iphone', words.iphone],
        ]}
        chosen={platform.value}
        choose={(value) => {
          platform.value = value;
        }}
      />
      <Steps steps={steps} />
    </section>
  );
}
