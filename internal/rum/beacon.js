// What pages load when visitors are measured (rum.endpoint is an address).
// HONE_RUM_* are written in when a site is built.
import {onCLS, onFCP, onINP, onLCP, onTTFB} from 'web-vitals';

if (Math.random() < HONE_RUM_SAMPLE) {
  const page = location.pathname; // no query: it may name somebody
  const queue = new Map(); // by id: the last value of a metric counts
  let late = false;

  const send = () => {
    if (queue.size > 0) {
      navigator.sendBeacon(HONE_RUM_ENDPOINT, JSON.stringify({page, metrics: [...queue.values()]}));
      queue.clear();
    }
  };
  const add = ({name, value, rating, id, navigationType}) => {
    queue.set(id, {name, value, rating, id, navigationType});
    if (late) send();
  };
  for (const on of [onCLS, onFCP, onINP, onLCP, onTTFB]) on(add);

  // web-vitals settles its values in listeners of its own, which come first.
  addEventListener('visibilitychange', () => {
    late = document.visibilityState === 'hidden';
    if (late) send();
  });
}
