import { useTexts } from '../../i18n/TextsProvider';
import { hostOf } from './address';
import { destinationOf, draftIn, type FormState, serviceIn } from './form';
import { useForm } from './FormContext';
import type { Destination } from './key';
import { otherService, type Service, serviceOf, services } from './services';

/** What to call a service in a sentence: its name, else the host of its address. */
export function nameAt(service: Service, baseUrl: string, fallback: string): string {
  return service === otherService ? hostOf(baseUrl) || fallback : service.name;
}

export function useNames() {
  const { t } = useTexts();
  const { state } = useForm();
  const fallback = t('service.unnamed');
  return {
    nameOf: (service: Service) => nameAt(service, draftIn(state, service).baseUrl, fallback),
    /** Where an entered key belongs: the service, else the host, which may not be entered yet. */
    nameOfDestination: (destination: Destination) => {
      const [, origin = ''] = destination.split(' ');
      const service = services.find((one) => !one.showsAddress && destinationOf(one) === destination);
      return service?.name ?? (hostOf(origin) || (serviceIn(state)?.showsAddress ? fallback : t('service.elsewhere')));
    },
    /** The service that the stored settings are for. */
    storedName: storedNameIn(state, fallback),
    /** The service on show. */
    currentName: currentNameIn(state, fallback),
  };
}

function storedNameIn({ stored }: FormState, fallback: string): string {
  if (stored === null) {
    return fallback;
  }
  const service = serviceOf(stored);
  return service ? nameAt(service, stored.baseUrl ?? '', fallback) : stored.provider;
}

function currentNameIn(state: FormState, fallback: string): string {
  const service = serviceIn(state);
  return service ? nameAt(service, draftIn(state, service).baseUrl, fallback) : fallback;
}
