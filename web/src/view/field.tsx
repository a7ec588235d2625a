/** Fields of forms, and what becomes of a form that was sent. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState, type MutableRef } from 'preact/hooks';

import { Problem } from '../transport/problem';

interface FieldProps {
  name: string;
  label: string;
  type?: string;
  autocomplete: string;
  fault: string | undefined;
  value?: string;
  isOptional?: boolean;
}

export function Field({ name, label, type = 'text', fault, value, isOptional = false, autocomplete }: FieldProps): JSX.Element {
  const id = `field-${name}`;
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} type={type} required={!isOptional} autocapitalize="none" spellcheck={false} autocomplete={autocomplete}
        defaultValue={value} aria-invalid={fault ? 'true' : undefined} aria-describedby={fault ? `${id}-fault` : undefined} />
      {fault && <span id={`${id}-fault`} class="problem">{label} {fault}</span>}
    </p>
  );
}

export interface Sending {
  form: MutableRef<HTMLFormElement | null>;
  isBusy: boolean;
  submit(event: Event): Promise<void>;
  /** What is wrong with a field, as the server says. */
  fault(name: string): string | undefined;
  /** What is wrong otherwise; empty when nothing is. */
  problem: string;
}

/** Sends a form's values; the first field that is wrong gets the focus. */
export function useSending(act: (values: Record<string, string>) => Promise<void>): Sending {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await act(Object.fromEntries(new FormData(form.current!)) as Record<string, string>);
    } catch (error) {
      setProblem(error instanceof Problem ? error : Problem.network);
    }
    setBusy(false);
  };
  useEffect(() => {
    if (problem) (form.current?.querySelector<HTMLElement>('[aria-invalid=true]') ?? form.current?.querySelector('input'))?.focus();
  }, [problem]);
  return {
    form, isBusy, submit,
    fault: (name) => problem?.fields?.find((each) => each.field === name)?.message,
    problem: problem && !problem.fields?.length ? problem.message : '',
  };
}
